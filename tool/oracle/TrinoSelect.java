import io.trino.Session;
import io.trino.plugin.memory.MemoryConnectorFactory;
import io.trino.spi.TrinoException;
import io.trino.spi.type.*;
import io.trino.sql.parser.ParsingException;
import io.trino.testing.LocalQueryRunner;
import io.trino.testing.MaterializedResult;
import io.trino.testing.MaterializedRow;
import io.trino.testing.TestingSession;
import java.nio.file.*;
import java.util.*;

/** Runs the statements of a file (one a line) on Trino and prints one JSON object per statement:
 *  columns with types and rows as Athena prints values, or the error's name and message.
 *  Lines "-- table NAME: QUERY" make tables. */
public class TrinoSelect {
    static String json(String s) {
        if (s == null) return "null";
        StringBuilder b = new StringBuilder("\"");
        for (char c : s.toCharArray()) {
            if (c == '"' || c == '\\') b.append('\\').append(c);
            else if (c < 32) b.append(String.format("\\u%04x", (int) c));
            else b.append(c);
        }
        return b.append('"').toString();
    }

    static String text(Type type, Object v) {
        if (v == null) return null;
        if (type instanceof ArrayType) {
            StringJoiner j = new StringJoiner(", ", "[", "]");
            for (Object e : (List<?>) v) j.add(String.valueOf(text(((ArrayType) type).getElementType(), e)));
            return j.toString();
        }
        if (type instanceof MapType) {
            TreeMap<String, String> sorted = new TreeMap<>();
            for (Map.Entry<?, ?> e : ((Map<?, ?>) v).entrySet())
                sorted.put(String.valueOf(text(((MapType) type).getKeyType(), e.getKey())),
                           String.valueOf(text(((MapType) type).getValueType(), e.getValue())));
            StringJoiner j = new StringJoiner(", ", "{", "}");
            sorted.forEach((key, value) -> j.add(key + "=" + value));
            return j.toString();
        }
        if (type instanceof RowType) {
            StringJoiner j = new StringJoiner(", ", "{", "}");
            List<?> values = v instanceof MaterializedRow ? ((MaterializedRow) v).getFields() : (List<?>) v;
            for (int i = 0; i < values.size(); i++) {
                RowType.Field f = ((RowType) type).getFields().get(i);
                j.add(f.getName().orElse("field" + i) + "=" + text(f.getType(), values.get(i)));
            }
            return j.toString();
        }
        if (v instanceof byte[] || v instanceof SqlVarbinary) {
            byte[] bytes = v instanceof byte[] ? (byte[]) v : ((SqlVarbinary) v).getBytes();
            StringJoiner j = new StringJoiner(" ");
            for (byte b : bytes) j.add(String.format("%02x", b));
            return j.toString();
        }
        return v.toString();
    }

    public static void main(String[] args) throws Exception {
        Session session = TestingSession.testSessionBuilder().setCatalog("memory").setSchema("default")
                .setTimeZoneKey(TimeZoneKey.UTC_KEY).build();
        LocalQueryRunner runner = LocalQueryRunner.create(session);
        runner.createCatalog("memory", new MemoryConnectorFactory(), Map.of());
        Session raw = Session.builder(session).build();
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            if (line.startsWith("-- table ")) {
                int colon = line.indexOf(':');
                runner.execute(raw, "CREATE TABLE " + line.substring(9, colon) + " AS " + line.substring(colon + 1));
                System.out.println("{\"table\": " + json(line.substring(9, colon)) + ", \"sql\": "
                                   + json(line.substring(colon + 1).trim()) + "}");
                continue;
            }
            if (line.isBlank() || line.startsWith("--")) continue;
            StringBuilder out = new StringBuilder("{\"sql\": " + json(line));
            try {
                MaterializedResult r = runner.execute(raw, line);
                StringJoiner columns = new StringJoiner(", ", "[", "]"), rows = new StringJoiner(", ", "[", "]");
                for (int i = 0; i < r.getTypes().size(); i++)
                    columns.add("[" + json(r.getColumnNames().get(i)) + ", " + json(r.getTypes().get(i).getDisplayName()) + "]");
                for (MaterializedRow row : r.getMaterializedRows()) {
                    StringJoiner j = new StringJoiner(", ", "[", "]");
                    for (int i = 0; i < r.getTypes().size(); i++) j.add(json(text(r.getTypes().get(i), row.getField(i))));
                    rows.add(j.toString());
                }
                out.append(", \"columns\": " + columns + ", \"rows\": " + rows + "}");
            } catch (Throwable e) {
                Throwable cause = e;
                while (!(cause instanceof TrinoException) && !(cause instanceof ParsingException) && cause.getCause() != null) cause = cause.getCause();
                String name = cause instanceof TrinoException ? ((TrinoException) cause).getErrorCode().getName()
                            : cause instanceof ParsingException ? "SYNTAX_ERROR"
                            : cause.getClass().getSimpleName();
                out.append(", \"error\": " + json(name) + ", \"message\": " + json(cause.getMessage()) + "}");
            }
            System.out.println(out);
        }
        System.exit(0);
    }
}
