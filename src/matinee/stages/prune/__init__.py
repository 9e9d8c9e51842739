"""Retention: what ends what grows. Metrics, decisions, history and chunks are kept for ever; see ADR 16."""
