#!/usr/bin/env python3
"""`sluice deploy` and its kin where CloudFormation is as it is at AWS and not on this machine: work
goes on after a call was answered, events come in pages, calls are throttled, each service has an
endpoint of its own. A scripted service answers here; only the client is judged."""
import collections, http.server, json, os, re, subprocess, sys, tempfile, threading, urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

CONTEXT = os.path.join(ROOT, "example", "ventilators", "cdk.context.json")
PATH, STREAM = "GlueStreamingSinkToS3Path", "KinesisStreamAsGlueStreamingJobDataSource"
ARN = "arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/%s/1"
FAILED = 1

class Refusal(Exception):
    def __init__(self, code, message, status=400):
        self.code, self.message, self.status = code, message, status

def missing(name):
    return Refusal("ValidationError", "Stack with id %s does not exist" % name)

class CloudFormation:
    """Stacks that take some looks at them to get on. Events are in pages of two."""

    def __init__(self, throttling=False):
        self.status = {}                           # stack -> status
        self.steps = {}                            # stack -> statuses to come
        self.events = collections.defaultdict(list)  # oldest first
        self.pending = 2                           # looks that a change set takes
        self.change_set_failure = None
        self.failing = None                        # (resource, reason) of the next execution
        self.throttled = set()
        self.asked = collections.Counter()
        self.last = {}                             # action -> form
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(
                    self.rfile.read(int(self.headers["content-length"])).decode(),
                    keep_blank_values=True))
                action = form["Action"]
                server.asked[action] += 1
                server.last[action] = form
                try:
                    if throttling and action not in server.throttled:
                        server.throttled.add(action)
                        raise Refusal("Throttling", "Rate exceeded")
                    body = getattr(server, action)(form)
                    text = "<%sResponse><%sResult>%s</%sResult></%sResponse>" % (
                        (action, action, body, action, action))
                    self.answer(200, text)
                except Refusal as r:
                    self.answer(r.status, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code>"
                                "<Message>%s</Message></Error></ErrorResponse>" % (r.code, r.message))

            def do_HEAD(self):
                self.answer(200, "")

            def answer(self, status, text):
                self.send_response(status)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.endpoint = "http://127.0.0.1:%d" % self.server.server_port

    def name(self, form):
        return re.sub(r"^arn:.*:stack/([^/]*)/.*$", r"\1", form["StackName"])

    def tell(self, stack, resource, type_, status, reason=""):
        self.events[stack].append(
            "<member><EventId>%d</EventId><StackName>%s</StackName><LogicalResourceId>%s"
            "</LogicalResourceId><ResourceType>%s</ResourceType><ResourceStatus>%s</ResourceStatus>"
            "<ResourceStatusReason>%s</ResourceStatusReason><Timestamp>2026-01-01T00:00:00Z</Timestamp>"
            "</member>" % (len(self.events[stack]), stack, resource, type_, status, reason))

    def GetCallerIdentity(self, form):
        return "<Arn>arn:aws-cn:iam::123456789012:user/me</Arn><Account>123456789012</Account>"

    def DescribeStacks(self, form):
        stack = self.name(form)
        if self.steps.get(stack):
            self.status[stack] = self.steps[stack].pop(0)
        if stack not in self.status:
            raise missing(form["StackName"])
        return "<Stacks><member><StackId>%s</StackId><StackStatus>%s</StackStatus></member></Stacks>" \
            % (ARN % stack, self.status[stack])

    def GetTemplate(self, form):
        return "<TemplateBody>{&quot;Resources&quot;: {}}</TemplateBody>"

    def CreateChangeSet(self, form):
        stack = form["StackName"]
        self.status.setdefault(stack, "REVIEW_IN_PROGRESS")
        self.looks = self.pending
        return "<Id>set-of-%s</Id><StackId>%s</StackId>" % (stack, ARN % stack)

    def DescribeChangeSet(self, form):
        self.looks -= 1
        if self.looks >= 0:
            return "<Status>%s</Status>" % ("CREATE_PENDING" if self.looks else "CREATE_IN_PROGRESS")
        if self.change_set_failure:
            return "<Status>FAILED</Status><StatusReason>%s</StatusReason>" % self.change_set_failure
        return "<Status>CREATE_COMPLETE</Status>"

    def DeleteChangeSet(self, form):
        return ""

    def ExecuteChangeSet(self, form):
        stack = form["ChangeSetName"].replace("set-of-", "")
        verb = "CREATE" if self.status[stack] == "REVIEW_IN_PROGRESS" else "UPDATE"
        for number in range(4):
            self.tell(stack, "R%d" % number, "T", verb + "_IN_PROGRESS")
            if self.failing and number == 3:
                self.tell(stack, "R1", "T", verb + "_FAILED", "Resource creation cancelled")
                self.tell(stack, self.failing[0], "AWS::X::Y", verb + "_FAILED", self.failing[1])
                break
            self.tell(stack, "R%d" % number, "T", verb + "_COMPLETE")
        end = verb + "_COMPLETE" if not self.failing else \
            "ROLLBACK_COMPLETE" if verb == "CREATE" else "UPDATE_ROLLBACK_COMPLETE"
        self.steps[stack] = [verb + "_IN_PROGRESS"] * 3 + [end]
        return ""

    def DescribeStackEvents(self, form):
        stack = self.name(form)
        newest_first = self.events[stack][::-1]
        start = int(form.get("NextToken") or 0)
        more = "<NextToken>%d</NextToken>" % (start + 2) if start + 2 < len(newest_first) else ""
        return "<StackEvents>%s</StackEvents>%s" % ("".join(newest_first[start:start + 2]), more)

    def DeleteStack(self, form):
        stack = self.name(form)
        end = "DELETE_FAILED" if self.failing else "DELETE_COMPLETE"
        self.tell(stack, stack, "AWS::CloudFormation::Stack", "DELETE_IN_PROGRESS")
        if self.failing:
            self.tell(stack, self.failing[0], "AWS::X::Y", "DELETE_FAILED", self.failing[1])
        self.steps[stack] = ["DELETE_IN_PROGRESS"] * 2 + [end]
        return ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def sluice(self, *args, **more):
        environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "AWS_ACCESS_KEY_ID": "AKID",
                       "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "cn-north-1",
                       "AWS_ENDPOINT_URL_CLOUDFORMATION": self.endpoint,
                       "AWS_ENDPOINT_URL_STS": self.endpoint, "AWS_ENDPOINT_URL_S3": self.endpoint}
        options = [] if args[0] == "destroy" else ["--file", CONTEXT]
        return subprocess.run([SLUICE, *args, "--remote", *options], capture_output=True, text=True,
                              timeout=60, stdin=subprocess.DEVNULL, env=environment)

def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]

@test
def a_stack_that_takes_its_time_is_followed_to_its_end():
    with CloudFormation(throttling=True) as service:
        done = service.sluice("deploy", PATH)
        assert done.returncode == 0, done
        events = [(e["LogicalResourceId"], e["ResourceStatus"]) for e in lines(done)
                  if "ResourceStatus" in e]
        assert events == [("R%d" % n, "CREATE_" + s) for n in range(4)
                          for s in ("IN_PROGRESS", "COMPLETE")], events
        assert lines(done)[-1]["StackStatus"] == "CREATE_COMPLETE"
        assert service.asked["DescribeChangeSet"] == 4, service.asked  # throttled once
        form = service.last["CreateChangeSet"]
        assert form["ChangeSetType"] == "CREATE" and json.loads(form["TemplateBody"])["Resources"]
        assert "CAPABILITY_NAMED_IAM" in form.values()
        assert form["RoleARN"] == \
            "arn:aws-cn:iam::123456789012:role/cdk-hnb659fds-cfn-exec-role-123456789012-cn-north-1"

@test
def the_role_may_be_another_or_none():
    with CloudFormation() as service:
        service.sluice("deploy", PATH, "--role-arn", "arn:aws:iam::1:role/x")
        assert service.last["CreateChangeSet"]["RoleARN"] == "arn:aws:iam::1:role/x"
        service.sluice("deploy", PATH, "--role-arn", "none")
        assert "RoleARN" not in service.last["CreateChangeSet"]
        assert not service.asked["GetCallerIdentity"]

@test
def what_goes_on_with_a_stack_is_waited_for():
    with CloudFormation() as service:
        service.steps[PATH] = ["UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]
        done = service.sluice("deploy", PATH)
        assert done.returncode == 0 and lines(done)[-1]["StackStatus"] == "UPDATE_COMPLETE", done
        assert service.last["CreateChangeSet"]["ChangeSetType"] == "UPDATE"

@test
def old_events_are_not_told_again():
    with CloudFormation() as service:
        service.status[PATH] = "CREATE_COMPLETE"
        for number in range(7):
            service.tell(PATH, "Old", "T", "CREATE_COMPLETE")
        events = [e for e in lines(service.sluice("deploy", PATH)) if "ResourceStatus" in e]
        assert len(events) == 8 and not any(e["LogicalResourceId"] == "Old" for e in events), events

@test
def a_change_set_that_changes_nothing_is_no_change():
    with CloudFormation() as service:
        service.status[PATH] = "CREATE_COMPLETE"
        service.change_set_failure = "The submitted information didn't contain changes. Submit " \
            "different information to create a change set."
        done = service.sluice("deploy", PATH)
        assert done.returncode == 0 and lines(done)[-1]["Changed"] is False, done
        assert service.asked["DeleteChangeSet"] and not service.asked["ExecuteChangeSet"]

@test
def a_change_set_that_fails_tells_why_and_leaves_nothing():
    with CloudFormation() as service:
        service.change_set_failure = "No export named X found."
        done = service.sluice("deploy", PATH)
        assert done.returncode == FAILED and "the change set failed: No export named X" in done.stderr
        assert "What to do: " in done.stderr and service.asked["DeleteStack"], done

@test
def a_failed_update_tells_its_cause():
    with CloudFormation() as service:
        service.status[PATH] = "CREATE_COMPLETE"
        service.failing = ("Broken", "boom")
        done = service.sluice("deploy", PATH, STREAM)
        assert done.returncode == FAILED, done
        assert done.stderr.endswith("%s: UPDATE_ROLLBACK_COMPLETE: Broken (AWS::X::Y): boom\n" % PATH)
        assert STREAM not in done.stdout, done

@test
def a_failed_deletion_tells_what_to_do():
    with CloudFormation() as service:
        service.status[PATH] = "CREATE_COMPLETE"
        service.failing = ("Bucket", "The bucket you tried to delete is not empty")
        done = service.sluice("destroy", PATH, "--force")
        assert done.returncode == FAILED and "DELETE_FAILED: Bucket" in done.stderr, done
        assert "What to do: empty it" in done.stderr, done
        service.failing = None
        done = service.sluice("destroy", PATH, "--force")
        assert done.returncode == 0 and lines(done)[-1]["StackStatus"] == "DELETE_COMPLETE", done

@test
def states_without_a_way_on_are_told():
    for status, words in [("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
                          ("DELETE_FAILED", "destroy it"), ("CREATE_FAILED", "destroy it")]:
        with CloudFormation() as service:
            service.status[PATH] = status
            done = service.sluice("deploy", PATH)
            assert done.returncode == FAILED and status in done.stderr and words in done.stderr, done

@test
def what_a_failed_creation_left_is_removed_first():
    with CloudFormation() as service:
        service.status[PATH] = "ROLLBACK_COMPLETE"
        done = service.sluice("deploy", PATH)
        assert service.asked["DeleteStack"] and done.returncode == 0, done
        assert service.last["CreateChangeSet"]["ChangeSetType"] == "CREATE", done

done()
