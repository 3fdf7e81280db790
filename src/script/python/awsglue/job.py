"""Job: Glue's bookmarks. A streaming job has a checkpoint instead; a commit here has nothing to do."""


class Job:
    def __init__(self, glue_context):
        self.glue_context = glue_context

    def init(self, job_name, args=None):
        self.job_name, self.args = job_name, args or {}

    def isInitialized(self):
        return hasattr(self, "job_name")

    def commit(self):
        pass
