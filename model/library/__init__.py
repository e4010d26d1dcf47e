"""Ready parts of an abstract state; each is proved once, for every state (``drystone list library``)."""
