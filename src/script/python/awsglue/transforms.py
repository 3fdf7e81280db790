"""Glue's transforms: each is a class with `apply`."""


class ApplyMapping:
    @classmethod
    def apply(cls, frame, mappings, case_sensitive=False, transformation_ctx="", **_):
        return frame.apply_mapping(mappings, case_sensitive, transformation_ctx)
