"""The second reading of the specifications: evaluated on live allocators, in lock step with the model."""
