/* Hive's folder names: key=value, escaped as FileUtils.escapePathName does. */
#include "table/table.h"

void hive_escape(struct buffer *out, span value)
{
    for (size_t i = 0; i < value.size; i++) {
        uint8_t c = (uint8_t)value.data[i];
        bool escaped = c < 0x20 || c == 0x7f || strchr("\"#%'*/:=?\\{[]^", c);
        if (escaped) buffer_printf(out, "%%%02X", c);
        else buffer_append_byte(out, c);
    }
}

void hive_append(struct buffer *path, const char *key, span value)
{
    hive_escape(path, span_of(key));
    buffer_append_byte(path, '=');
    if (value.size == 0) buffer_append_text(path, HIVE_NULL);
    else hive_escape(path, value);
    buffer_append_byte(path, '/');
}
