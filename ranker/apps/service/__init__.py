"""The service: a desk over HTTP."""
