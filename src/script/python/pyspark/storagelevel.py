class StorageLevel:
    """Where frames are kept: there is no cluster, and it has no effect."""
    def __init__(self, name):
        self._name = name

    def __repr__(self):
        return "StorageLevel." + self._name


for _name in ("NONE", "DISK_ONLY", "DISK_ONLY_2", "MEMORY_ONLY", "MEMORY_ONLY_2", "MEMORY_AND_DISK",
              "MEMORY_AND_DISK_2", "MEMORY_AND_DISK_DESER", "OFF_HEAP"):
    setattr(StorageLevel, _name, StorageLevel(_name))
