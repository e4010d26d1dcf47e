"""What every heap owes its user, whatever it is made of: the contract that allocators in C are checked against."""
