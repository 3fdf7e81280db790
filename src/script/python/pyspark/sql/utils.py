from sluice_plan import AnalysisException, IllegalArgumentException, ParseException


class StreamingQueryException(Exception):
    pass


class PythonException(Exception):
    pass
