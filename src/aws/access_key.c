/* Access keys of a data directory: documents of kind "access-key", named by the key id, holding
 * the secret and the account. The default pair is made on first use and handed out by the CLI. */
#include "aws/internal.h"

#include <stdlib.h>

#define KIND "access-key"
enum { ACCESS_KEY_SIZE = 20, SECRET_KEY_SIZE = 40 };

/* Key ids are unique over accounts and regions, so they live under neither. */
static struct state_key place(const char *name)
{
    return (struct state_key){"-", "-", KIND, name};
}

/* ---- the default pair ---- */

/* Uniform digits: bytes that would favour some are drawn again. */
static void random_text(char *out, size_t size, const char *digits)
{
    size_t base = strlen(digits);
    for (size_t done = 0; done < size;) {
        uint8_t byte;
        world->random(&byte, 1);
        if (byte < 256 / base * base) out[done++] = digits[byte % base];
    }
    out[size] = '\0';
}

const char *access_key_random(struct arena *arena, const char *prefix)
{
    char text[ACCESS_KEY_SIZE + 1];
    size_t size = strlen(prefix);
    memcpy(text, prefix, size);
    random_text(text + size, ACCESS_KEY_SIZE - size, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    return arena_text(arena, span_of(text));
}

const char *secret_key_random(struct arena *arena)
{
    char text[SECRET_KEY_SIZE + 1];
    random_text(text, SECRET_KEY_SIZE,
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    return arena_text(arena, span_of(text));
}

struct principal principal_root(struct arena *arena, const char *account)
{
    const char *arn = arena_printf(arena, "arn:aws:iam::%s:root", account);
    return (struct principal){.arn = arn, .id = account, .iam_arn = arn};
}

static error default_make(struct state_txn *txn, const char *account, struct arena *arena,
                          const char **access_key, const char **secret_key)
{
    const char *id = access_key_random(arena, "AKIA"), *secret = secret_key_random(arena);
    json_t *document = json_pack("{s:s, s:s, s:s, s:o, s:b}", "AccessKeyId", id, "SecretAccessKey",
                                 secret, "AccountId", account, "CreateDate",
                                 json_timestamp(now_us()), "Default", 1);
    error e = state_put(txn, place(id), document);
    json_decref(document);
    if (e != OK) return e;
    *access_key = id;
    *secret_key = secret;
    return OK;
}

struct default_search {
    const char *account;
    struct arena *arena;
    const char *access_key, *secret_key;
};

static bool default_match(void *context, const char *name, json_t *document)
{
    struct default_search *search = context;
    const char *account = json_text(document, "AccountId");
    const char *secret = json_text(document, "SecretAccessKey");
    if (!json_is_set(document, "Default") || !secret || !account ||
        strcmp(account, search->account) != 0)
        return true;
    search->access_key = arena_text(search->arena, span_of(name));
    search->secret_key = arena_text(search->arena, span_of(secret));
    return false;
}

static error default_find_or_make(struct state_txn *txn, struct default_search *search)
{
    TRY(state_scan(txn, place(""), NULL, default_match, search));
    if (search->access_key) return OK;
    return default_make(txn, search->account, search->arena, &search->access_key,
                        &search->secret_key);
}

error access_key_default(struct state *state, const char *account, struct arena *arena,
                         const char **access_key, const char **secret_key)
{
    struct default_search search = {.account = account, .arena = arena};
    struct state_txn *txn;
    TRY(state_begin(state, true, &txn));
    error e = default_find_or_make(txn, &search);
    if (e != OK) {
        state_abort(txn);
        return e;
    }
    TRY(state_commit(txn));
    *access_key = search.access_key;
    *secret_key = search.secret_key;
    return OK;
}

/* ---- those seen by a running gateway ---- */

struct access_keys {
    struct state *state;
    pthread_rwlock_t lock;
    struct known { struct known *next; struct access_key key; } *first;
    struct arena arena;
};

struct access_keys *access_keys_open(struct state *state)
{
    struct access_keys *keys = must_calloc(1, sizeof *keys);
    keys->state = state;
    CHECK(pthread_rwlock_init(&keys->lock, NULL) == 0);
    return keys;
}

void access_keys_close(struct access_keys *keys)
{
    if (!keys) return;
    pthread_rwlock_destroy(&keys->lock);
    arena_release(&keys->arena);
    free(keys);
}

static bool known_find(struct access_keys *keys, span id, struct access_key *out)
{
    bool found = false;
    pthread_rwlock_rdlock(&keys->lock);
    for (const struct known *k = keys->first; k && !found; k = k->next) {
        found = span_is(id, k->key.access_key);
        if (found) *out = k->key;
    }
    pthread_rwlock_unlock(&keys->lock);
    return found;
}

static error key_read(struct arena *arena, const json_t *document, const char *id,
                      struct access_key *out)
{
    const char *secret = json_text(document, "SecretAccessKey");
    const char *account = json_text(document, "AccountId");
    const char *user = json_text(document, "UserArn"), *status = json_text(document, "Status");
    const char *user_id = json_text(document, "UserId");
    if (!secret || !account || (user && !user_id))
        return fail(ERR_CORRUPT, "access key %s: damaged document", id);
    if (status && strcmp(status, "Active") != 0)
        return fail(ERR_UNRECOGNIZED_CLIENT,
                    "The security token included in the request is invalid.");
    *out = (struct access_key){arena_text(arena, span_of(id)), arena_text(arena, span_of(secret)),
                               arena_text(arena, span_of(account)), {0}};
    out->principal = principal_root(arena, out->account);
    if (!user) return OK;
    out->principal.arn = out->principal.iam_arn = arena_text(arena, span_of(user));
    out->principal.id = arena_text(arena, span_of(user_id));
    return OK;
}

/* The root user's keys stay as they are; a user's may be made inactive or deleted any time. */
static error known_add(struct access_keys *keys, const json_t *document, const char *id,
                       struct access_key *out)
{
    pthread_rwlock_wrlock(&keys->lock);
    struct known *k = ARENA_NEW(&keys->arena, struct known);
    error e = key_read(&keys->arena, document, id, &k->key);
    if (e != OK) {
        pthread_rwlock_unlock(&keys->lock);
        return e;
    }
    k->next = keys->first;
    keys->first = k;
    *out = k->key;
    pthread_rwlock_unlock(&keys->lock);
    return OK;
}

static bool plausible(span id)
{
    if (id.size == 0 || id.size > 128) return false;
    for (size_t i = 0; i < id.size; i++)
        if (id.data[i] <= ' ' || id.data[i] > '~') return false;
    return true;
}

error access_keys_find(struct access_keys *keys, struct arena *arena, span id,
                       struct access_key *out)
{
    static const char *const unknown = "The security token included in the request is invalid.";
    if (!plausible(id)) return fail(ERR_UNRECOGNIZED_CLIENT, "%s", unknown);
    if (known_find(keys, id, out)) return OK;
    char name[129];
    memcpy(name, id.data, id.size);
    name[id.size] = '\0';
    json_t *document;
    error e = state_get_one(keys->state, place(name), &document);
    if (e == ERR_NOT_FOUND) return fail(ERR_UNRECOGNIZED_CLIENT, "%s", unknown);
    if (e != OK) return e;
    e = json_text(document, "UserArn") ? key_read(arena, document, name, out)
                                       : known_add(keys, document, name, out);
    json_decref(document);
    return e;
}
