"""The routes of the HTTP API, version 1.

Ids in paths may hold any character, a slash too, written `%2F`.
"""
