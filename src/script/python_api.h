/* The part of CPython's C API that Sluice calls, declared by hand because libpython is loaded with
 * dlopen: functions of the stable ABI (PEP 384) alone, so that any Python 3.9 or later will do. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

typedef struct py_object py_object; /* PyObject */
typedef py_object *(*py_function)(py_object *self, py_object *arguments);

struct py_method { /* PyMethodDef */
    const char *name;
    py_function call;
    int flags;
    const char *doc;
};
enum { PY_VARARGS = 1, PY_FILE_INPUT = 257 };

#define PYTHON_FUNCTIONS(F)                                                                        \
    F(void, Py_InitializeEx, (int signals))                                                        \
    F(void, Py_SetPythonHome, (const wchar_t *))                                                   \
    F(wchar_t *, Py_DecodeLocale, (const char *, size_t *))                                        \
    F(void, Py_IncRef, (py_object *))                                                              \
    F(void, Py_DecRef, (py_object *))                                                              \
    F(py_object *, Py_CompileString, (const char *, const char *file, int start))                  \
    F(py_object *, PyEval_EvalCode, (py_object *code, py_object *globals, py_object *locals))      \
    F(py_object *, PyEval_GetBuiltins, (void))                                                     \
    F(py_object *, PyImport_AddModule, (const char *))                                             \
    F(py_object *, PyModule_GetDict, (py_object *))                                                \
    F(py_object *, PyCFunction_NewEx, (struct py_method *, py_object *self, py_object *module))    \
    F(py_object *, PyDict_New, (void))                                                             \
    F(py_object *, PyDict_GetItemString, (py_object *, const char *))                              \
    F(int, PyDict_SetItemString, (py_object *, const char *, py_object *))                         \
    F(int, PyDict_SetItem, (py_object *, py_object *, py_object *))                                \
    F(py_object *, PyList_New, (ptrdiff_t))                                                        \
    F(int, PyList_SetItem, (py_object *, ptrdiff_t, py_object *))                                  \
    F(int, PyList_Append, (py_object *, py_object *))                                              \
    F(py_object *, PyTuple_New, (ptrdiff_t))                                                       \
    F(int, PyTuple_SetItem, (py_object *, ptrdiff_t, py_object *))                                 \
    F(py_object *, PyTuple_GetItem, (py_object *, ptrdiff_t))                                      \
    F(ptrdiff_t, PyTuple_Size, (py_object *))                                                      \
    F(py_object *, PyUnicode_FromStringAndSize, (const char *, ptrdiff_t))                         \
    F(const char *, PyUnicode_AsUTF8AndSize, (py_object *, ptrdiff_t *))                           \
    F(py_object *, PyBytes_FromStringAndSize, (const char *, ptrdiff_t))                           \
    F(py_object *, PyLong_FromLongLong, (long long))                                               \
    F(long long, PyLong_AsLongLong, (py_object *))                                                 \
    F(py_object *, PyFloat_FromDouble, (double))                                                   \
    F(py_object *, PyBool_FromLong, (long))                                                        \
    F(py_object *, Py_BuildValue, (const char *, ...))                                             \
    F(py_object *, PyObject_Call, (py_object *, py_object *arguments, py_object *keywords))        \
    F(py_object *, PyErr_Occurred, (void))                                                         \
    F(void, PyErr_SetString, (py_object *type, const char *))                                      \
    F(void, PyErr_Print, (void))                                                                   \
    F(void *, PyEval_SaveThread, (void))                                                           \
    F(void, PyEval_RestoreThread, (void *))                                                        \
    F(int, PyGILState_Ensure, (void))                                                              \
    F(void, PyGILState_Release, (int))                                                             \
    F(unsigned long, PyThread_get_thread_ident, (void))                                            \
    F(int, PyThreadState_SetAsyncExc, (unsigned long thread, py_object *exception))

/* Variables: exceptions are objects, flags are read by Py_InitializeEx. */
#define PYTHON_EXCEPTIONS(F) F(PyExc_RuntimeError) F(PyExc_NotImplementedError)
#define PYTHON_FLAGS(F)                                                                            \
    F(Py_IgnoreEnvironmentFlag) F(Py_NoSiteFlag) F(Py_NoUserSiteDirectory) F(Py_IsolatedFlag)      \
    F(Py_DontWriteBytecodeFlag) F(Py_UTF8Mode)

struct python {
#define PYTHON_MEMBER(returns, name, args) returns(*name) args;
    PYTHON_FUNCTIONS(PYTHON_MEMBER)
#undef PYTHON_MEMBER
#define PYTHON_MEMBER(name) py_object **name;
    PYTHON_EXCEPTIONS(PYTHON_MEMBER)
#undef PYTHON_MEMBER
#define PYTHON_MEMBER(name) int *name;
    PYTHON_FLAGS(PYTHON_MEMBER)
#undef PYTHON_MEMBER
};
