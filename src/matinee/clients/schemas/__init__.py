"""Every HTTP model of the API, declared once: the server answers with it, the clients read with it.

One module a subject. The OpenAPI document is made from these classes; their examples are in `examples`.
"""
