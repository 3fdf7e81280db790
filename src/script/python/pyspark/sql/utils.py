from sluice_plan import AnalysisException


class ParseException(AnalysisException):
    pass


class StreamingQueryException(Exception):
    pass


class IllegalArgumentException(Exception):
    pass


class PythonException(Exception):
    pass
