"""Glue's transforms: each is a class with `apply`, over the methods of DynamicFrame."""
import sluice_plan
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection


class GlueTransform:
    @classmethod
    def apply(cls, *args, **kwargs):
        return cls()(*args, **kwargs)

    @classmethod
    def name(cls):
        return cls.__name__


def _transform(name, method, *arguments):
    """A transform that is a method of its first argument."""
    def call(self, frame, *given, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0, **named):
        return getattr(frame, method)(*given, transformation_ctx=transformation_ctx, **named)
    return type(name, (GlueTransform,), {"__call__": call})


class ApplyMapping(GlueTransform):
    def __call__(self, frame, mappings, case_sensitive=False, transformation_ctx="", **_):
        return frame.apply_mapping(mappings, case_sensitive, transformation_ctx)


SelectFields = _transform("SelectFields", "select_fields")
DropFields = _transform("DropFields", "drop_fields")
ResolveChoice = _transform("ResolveChoice", "resolveChoice")
Filter = _transform("Filter", "filter")
Map = _transform("Map", "map")
Unnest = UnnestFrame = _transform("UnnestFrame", "unnest")
DropNullFields = _transform("DropNullFields", "drop_null_fields")
SplitFields = _transform("SplitFields", "split_fields")


class RenameField(GlueTransform):
    def __call__(self, frame, old_name, new_name, transformation_ctx="", **_):
        return frame.rename_field(old_name, new_name, transformation_ctx)


class Relationalize(GlueTransform):
    def __call__(self, frame, staging_path=None, name="roottable", options=None, transformation_ctx="", **_):
        return frame.relationalize(name, staging_path, options or {}, transformation_ctx)


class Join(GlueTransform):
    def __call__(self, frame1, frame2, keys1, keys2, transformation_ctx=""):
        return frame1.join(keys1, keys2, frame2, transformation_ctx)


class SelectFromCollection(GlueTransform):
    def __call__(self, dfc, key, transformation_ctx=""):
        return dfc.select(key)


class Union(GlueTransform):
    def __call__(self, frame1, frame2, unionType="ALL", transformation_ctx=""):
        made = frame1.union(frame2, transformation_ctx)
        if str(unionType).upper() == "DISTINCT":
            made = DynamicFrame.fromDF(made.toDF().distinct(), made.glue_ctx, made.name)
        return made


def _refused(name, instead):
    def call(self, *_, **__):
        sluice_plan.unsupported("the transform " + name, instead)
    return type(name, (GlueTransform,), {"__call__": call})


SplitRows = _refused("SplitRows", "use Filter twice")
Spigot = _refused("Spigot", "write a sink")
MapToCollection = _refused("MapToCollection", "apply the transform to each frame")
FlatMap = _refused("FlatMap", "use toDF() and explode")
ErrorsAsDynamicFrame = _refused("ErrorsAsDynamicFrame", "records that do not decode are in the quarantine table")
Unbox = _refused("Unbox", "use from_json")
DropDuplicates = _refused("DropDuplicates", "use toDF().dropDuplicates")
FindMatches = FindIncrementalMatches = FillMissingValues = _refused("FillMissingValues", "use toDF().fillna")
DetectSensitiveData = _refused("DetectSensitiveData", "")
EvaluateDataQuality = _refused("EvaluateDataQuality", "")
ParseField = _refused("ParseField", "use from_json")

__all__ = ["ApplyMapping", "SelectFields", "DropFields", "RenameField", "Filter", "Map", "ResolveChoice", "DropNullFields",
           "Relationalize", "Join", "SelectFromCollection", "Union", "Unnest", "UnnestFrame", "SplitFields", "SplitRows",
           "Spigot", "MapToCollection", "FlatMap", "ErrorsAsDynamicFrame", "Unbox", "GlueTransform", "FillMissingValues",
           "FindMatches", "DropDuplicates", "EvaluateDataQuality"]
