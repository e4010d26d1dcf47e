"""All that must be believed of our heaps as heaps: how each is seen, and that it owes what every heap owes."""
