/* Columns to Python objects, for the rows that a script collects. Dates and timestamps come as
 * numbers (days, microseconds) and decimals as texts: the Python side makes its types of them. */
#include "script/internal.h"

static py_object *value_at(const struct column *c, int64_t row);

static py_object *text_value(struct buffer *text)
{
    py_object *object =
        script.py->PyUnicode_FromStringAndSize(text->data, (ptrdiff_t)text->size);
    buffer_release(text);
    return object;
}

static py_object *list_value(const struct column *elements, int64_t begin, int64_t end)
{
    const struct python *py = script.py;
    py_object *list = py->PyList_New((ptrdiff_t)(end - begin));
    for (int64_t i = begin; list && i < end; i++)
        py->PyList_SetItem(list, (ptrdiff_t)(i - begin), value_at(elements, i));
    return list;
}

/* A map is a list of its keys and one of its values. */
static py_object *map_value(const struct column *c, int64_t row)
{
    int64_t begin = c->offsets[row], end = c->offsets[row + 1];
    return script.py->Py_BuildValue("(NN)", list_value(&c->children[0], begin, end),
                                    list_value(&c->children[1], begin, end));
}

static py_object *tuple_value(const struct column *columns, int count, int64_t row)
{
    const struct python *py = script.py;
    py_object *tuple = py->PyTuple_New(count);
    for (int i = 0; tuple && i < count; i++)
        py->PyTuple_SetItem(tuple, i, value_at(&columns[i], row));
    return tuple;
}

static py_object *value_at(const struct column *c, int64_t row)
{
    const struct python *py = script.py;
    struct buffer text = {0};
    span bytes;
    if (!column_valid(c, row)) return py->Py_BuildValue("");
    switch (c->type->kind) {
    case TYPE_BOOLEAN:
        return py->PyBool_FromLong(bit_get(c->values, row));
    case TYPE_TINYINT:
        return py->PyLong_FromLongLong(((const int8_t *)c->values)[row]);
    case TYPE_SMALLINT:
        return py->PyLong_FromLongLong(((const int16_t *)c->values)[row]);
    case TYPE_INT:
    case TYPE_DATE:
        return py->PyLong_FromLongLong(((const int32_t *)c->values)[row]);
    case TYPE_BIGINT:
    case TYPE_TIMESTAMP:
        return py->PyLong_FromLongLong(((const int64_t *)c->values)[row]);
    case TYPE_FLOAT:
        return py->PyFloat_FromDouble((double)((const float *)c->values)[row]);
    case TYPE_DOUBLE:
        return py->PyFloat_FromDouble(((const double *)c->values)[row]);
    case TYPE_DECIMAL:
        cast_decimal_to_text(&text, ((const __int128 *)c->values)[row], c->type->scale);
        return text_value(&text);
    case TYPE_BINARY:
        bytes = column_span(c, row);
        return py->PyBytes_FromStringAndSize(bytes.data, (ptrdiff_t)bytes.size);
    case TYPE_ARRAY:
        return list_value(&c->children[0], c->offsets[row], c->offsets[row + 1]);
    case TYPE_MAP:
        return map_value(c, row);
    case TYPE_STRUCT:
        return tuple_value(c->children, c->type->child_count, row);
    default:
        bytes = column_span(c, row);
        return py->PyUnicode_FromStringAndSize(bytes.data, (ptrdiff_t)bytes.size);
    }
}

py_object *value_rows(const struct sql_rows *rows)
{
    const struct python *py = script.py;
    py_object *list = py->PyList_New(0);
    for (size_t b = 0; b < rows->count; b++) {
        const struct batch *batch = rows->batches[b];
        for (int64_t i = 0; i < batch->rows; i++) {
            py_object *tuple = tuple_value(batch->columns, rows->schema->field_count, i);
            if (!tuple) return NULL;
            py->PyList_Append(list, tuple);
            py->Py_DecRef(tuple);
        }
    }
    return list;
}
