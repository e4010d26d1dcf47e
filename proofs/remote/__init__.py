"""Many machines: calls that workers of a dask scheduler answer, instead of processes of this machine.

The workers stand on the same sources and the same solvers as whoever asks, or they are refused.
"""
