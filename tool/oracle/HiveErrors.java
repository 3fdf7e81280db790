/* Asks Apache Hive's own parser what it says of statements, for test/unit/dialect_hive.c.
 *
 * Reads one statement per line (\n, \t and \\ escaped) and prints "statement<TAB>answer": OK, or the
 * first error of the ParseException in Athena's wording. An answer that stands there already is
 * replaced; a third column is kept. How to run it: hive_errors.sh. */
package org.apache.hadoop.hive.ql.parse; /* where HiveParser shows its errors */

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

import org.antlr.runtime.RecognitionException;
import org.antlr.runtime.TokenRewriteStream;
import org.apache.hadoop.hive.conf.HiveConf;

public class HiveErrors {
    static String unescape(String line) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c != '\\' || i + 1 == line.length()) {
                out.append(c);
                continue;
            }
            c = line.charAt(++i);
            out.append(c == 'n' ? '\n' : c == 't' ? '\t' : c);
        }
        return out.toString();
    }

    /* ParseDriver.parse, but for the session that it asks for its configuration. */
    static String parse(String statement, HiveConf conf) throws Exception {
        ParseDriver driver = new ParseDriver();
        ParseDriver.HiveLexerX lexer =
            driver.new HiveLexerX(driver.new ANTLRNoCaseStringStream(statement));
        HiveParser parser = new HiveParser(new TokenRewriteStream(lexer));
        lexer.setHiveConf(conf);
        parser.setHiveConf(conf);
        parser.setTreeAdaptor(ParseDriver.adaptor);
        try {
            parser.statement();
        } catch (RecognitionException e) {
            return told(new ParseException(parser.errors));
        }
        if (!lexer.getErrors().isEmpty()) return told(new ParseException(lexer.getErrors()));
        return parser.errors.isEmpty() ? "OK" : told(new ParseException(parser.errors));
    }

    static String told(ParseException e) {
        return "FAILED: ParseException " + e.getMessage().split("\nline ")[0];
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        HiveConf conf = new HiveConf();
        for (String line; (line = in.readLine()) != null; ) {
            if (line.isEmpty() || line.startsWith("#")) {
                out.println(line);
                continue;
            }
            String[] columns = line.split("\t");
            String answer = parse(unescape(columns[0]), conf);
            answer = answer.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t");
            out.println(columns[0] + "\t" + answer + (columns.length > 2 ? "\t" + columns[2] : ""));
        }
    }
}
