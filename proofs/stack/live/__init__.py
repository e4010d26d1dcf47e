"""The stack on live machines: what can happen to it, and what must hold then."""
