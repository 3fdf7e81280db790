"""DynamicFrame: the same plan as a DataFrame, in Glue's words."""


class DynamicFrame:
    def __init__(self, plan, glue_ctx=None, name=""):
        self._plan, self.glue_ctx, self.name = plan, glue_ctx, name

    @classmethod
    def fromDF(cls, dataframe, glue_ctx, name=""):
        return cls(dataframe._plan, glue_ctx, name)

    def toDF(self, options=None):
        from pyspark.sql.dataframe import DataFrame
        return DataFrame(self._plan)

    def count(self):
        return self.toDF().count()

    def apply_mapping(self, mappings, case_sensitive=False, transformation_ctx="", info="",
                      stageThreshold=0, totalThreshold=0):
        items = [_mapping_item(m) for m in mappings]
        step = {"ApplyMapping": {"Name": "ApplyMapping", "Inputs": ["frame"], "Mapping": items}}
        plan = dict(self._plan, steps=self._plan.get("steps", []) + [step])
        return DynamicFrame(plan, self.glue_ctx, transformation_ctx or self.name)


def _path_of(text):
    """ `a.b` is b within a; back-quotes protect a dot. """
    import re
    return [a or b for a, b in re.findall(r"`([^`]*)`|([^.`]+)", text)]


def _mapping_item(mapping):
    if len(mapping) == 2:
        source, target, source_type, target_type = mapping[0], mapping[1], None, None
    elif len(mapping) == 3:
        (source, source_type, target), target_type = mapping, None
    else:
        source, source_type, target, target_type = mapping
    item = {"FromPath": _path_of(source), "ToKey": target}
    if source_type:
        item["FromType"] = source_type
    if target_type:
        item["ToType"] = target_type
    return item


class DynamicFrameCollection:
    def __init__(self, dynamic_frames, glue_ctx=None):
        self._frames = dynamic_frames

    def __getitem__(self, key):
        return self._frames[key]

    def keys(self):
        return self._frames.keys()

    def values(self):
        return self._frames.values()

    def select(self, key, default_key=""):
        return self._frames[key if key in self._frames else default_key]
