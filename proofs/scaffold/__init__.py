"""``drystone new NAME [DIR]``: a project of somebody's own, with a tiny allocator that is proved as it stands."""
