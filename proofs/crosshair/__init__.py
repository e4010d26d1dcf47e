"""Contracts that CrossHair explores: the implementation's own functions, run on symbolic words."""
