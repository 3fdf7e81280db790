"""The Glue Data Catalog and jobs through the AWS CLI, as people write the commands."""
import json, os, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

AWS = os.environ.get("SLUICE_AWS", "/usr/bin/aws")
server = Server()


def aws(*arguments):
    """Exit status, parsed output or error text."""
    done = subprocess.run([AWS, "--endpoint-url", server.endpoint, "--region", REGION, "--output", "json",
                           "--no-cli-pager", "glue", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        return done.returncode, done.stderr.strip()
    return 0, json.loads(done.stdout) if done.stdout.strip() else None


def succeeds(name, *arguments):
    status, output = aws(*arguments)
    ok(status == 0, name, output)
    return output


TABLE = {"Name": "events", "TableType": "EXTERNAL_TABLE", "PartitionKeys": [{"Name": "day", "Type": "date"}],
         "StorageDescriptor": {"Columns": [{"Name": "id", "Type": "string"}], "Location": "s3://lake/events/"}}
of = ("--database-name", "shop", "--table-name", "events")

succeeds("create-database", "create-database", "--database-input", "Name=shop,Description=all", "--tags", "team=a")
equal(succeeds("get-database", "get-database", "--name", "shop")["Database"]["Description"], "all", "its description")
succeeds("create-table", "create-table", "--database-name", "shop", "--table-input", json.dumps(TABLE))
succeeds("batch-create-partition", "batch-create-partition", *of, "--partition-input-list",
         json.dumps([{"Values": ["2024-01-%02d" % day]} for day in range(1, 32)]))
found = succeeds("get-partitions with an expression", "get-partitions", *of, "--expression",
                 "day BETWEEN '2024-01-30' AND '2024-02-28'")
equal([p["Values"] for p in found["Partitions"]], [["2024-01-30"], ["2024-01-31"]], "the days asked for")
paged = succeeds("get-partitions in pages of four", "get-partitions", *of, "--page-size", "4")
equal(len(paged["Partitions"]), 31, "the CLI follows the tokens")
succeeds("update-table", "update-table", "--database-name", "shop", "--table-input",
         json.dumps(dict(TABLE, Description="second")), "--version-id", "0")
listed = succeeds("get-table-versions", "get-table-versions", *of)
equal([v["VersionId"] for v in listed["TableVersions"]], ["1", "0"], "two versions")
status, said = aws("update-table", "--database-name", "shop", "--table-input", json.dumps(TABLE), "--version-id", "0")
ok(status == 254 and "(ConcurrentModificationException)" in said, "an old version is refused", said)
status, said = aws("create-partition", *of, "--partition-input", '{"Values": ["2024-01-01"]}')
equal(said.splitlines()[-1], "An error occurred (AlreadyExistsException) when calling the CreatePartition operation: "
      "Partition already exists.", "AWS's words")
succeeds("create-partition-index", "create-partition-index", *of, "--partition-index", "Keys=day,IndexName=by_day")
succeeds("search-tables", "search-tables", "--search-text", "events")
succeeds("create-job", "create-job", "--name", "load", "--role", "r", "--command",
         "Name=gluestreaming,ScriptLocation=s3://code/load.py", "--worker-type", "G.025X", "--number-of-workers", "2",
         "--glue-version", "4.0")
job = succeeds("get-job", "get-job", "--job-name", "load")["Job"]
equal((job["MaxCapacity"], job["ExecutionProperty"]), (0.5, {"MaxConcurrentRuns": 1}), "what Glue fills in")
equal(succeeds("list-jobs", "list-jobs")["JobNames"], ["load"], "its name")
succeeds("update-job", "update-job", "--job-name", "load", "--job-update", "Role=q,Command={Name=gluestreaming}")
succeeds("tag-resource", "tag-resource", "--resource-arn", "arn:aws:glue:%s:123456789012:job/load" % REGION,
         "--tags-to-add", "a=b")
equal(succeeds("get-tags", "get-tags", "--resource-arn", "arn:aws:glue:%s:123456789012:job/load" % REGION),
      {"Tags": {"a": "b"}}, "its tags")
succeeds("delete-job", "delete-job", "--job-name", "load")
status, said = aws("get-crawlers")
ok(status == 254 and "(NotImplemented)" in said, "what is not served is refused by name", said)
succeeds("delete-table", "delete-table", "--database-name", "shop", "--name", "events")
succeeds("delete-database", "delete-database", "--name", "shop")
equal(succeeds("get-databases", "get-databases")["DatabaseList"], [], "nothing is left")
done()
