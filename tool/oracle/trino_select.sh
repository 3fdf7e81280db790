#!/bin/sh
# Golden answers of Trino 418 (the release that Athena's engine version 3 resembles) to the statements
# of test/data/trino_select.sql: downloads Trino by Maven into the folder given, runs every statement on
# it, writes test/data/trino_select.jsonl. Needs Java 17 and Maven; the product and its tests need
# neither.
#   tool/oracle/trino_select.sh FOLDER
set -eu
folder=${1:?usage: tool/oracle/trino_select.sh FOLDER}
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$folder/classes"
cat > "$folder/pom.xml" <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>oracle</groupId><artifactId>trino-select</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.trino</groupId><artifactId>trino-main</artifactId><version>418</version></dependency>
    <dependency><groupId>io.trino</groupId><artifactId>trino-memory</artifactId><version>418</version></dependency>
  </dependencies>
</project>
POM
[ -s "$folder/cp.txt" ] || (cd "$folder" && mvn -q -B dependency:build-classpath -Dmdep.outputFile=cp.txt)
javac -cp "$(cat "$folder/cp.txt")" -d "$folder/classes" "$root/tool/oracle/TrinoSelect.java"
java -cp "$folder/classes:$(cat "$folder/cp.txt")" TrinoSelect "$root/test/data/trino_select.sql" \
    2> "$folder/log" | grep '^{' > "$root/test/data/trino_select.jsonl"
