#!/bin/sh
# Runs HiveErrors.java over statements on stdin: hive_errors.sh FOLDER < statements > answers
# FOLDER keeps the libraries (Maven and a JDK are needed; nothing of it is in the product).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && cd "$1"
dependency() {
    echo "<dependency><groupId>$1</groupId><artifactId>$2</artifactId><version>$3</version>" \
         "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>"
}
if [ ! -d lib ]; then
    {
        echo "<project><modelVersion>4.0.0</modelVersion><groupId>oracle</groupId>" \
             "<artifactId>oracle</artifactId><version>1</version><dependencies>"
        dependency org.apache.hive hive-exec 2.3.9
        dependency org.apache.hadoop hadoop-client-api 3.3.4
        dependency org.apache.hadoop hadoop-client-runtime 3.3.4
        dependency org.slf4j slf4j-nop 1.7.36
        dependency org.slf4j slf4j-api 1.7.36
        dependency org.antlr antlr-runtime 3.5.2
        dependency commons-logging commons-logging 1.2
        echo "</dependencies></project>"
    } > pom.xml
    mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >&2
fi
javac -nowarn -cp "lib/*" -d . "$here/HiveErrors.java" 2>/dev/null
exec java -cp ".:lib/*" org.apache.hadoop.hive.ql.parse.HiveErrors
