"""What is right: the specification language, the abstract machine and every contract."""
