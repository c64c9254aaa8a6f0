"""Vendors' usage exports: one module for each published form."""
