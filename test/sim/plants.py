"""Bugs to plant: each is one edit of one source of the engine, whose text must be there exactly once.

usage: plants.py NAME FOLDER      writes the edited copy into FOLDER

A simulator built with one of them must fail within 1,000 seeds (run.py)."""
import os, sys

PLANTS = {
    "publish-before-plan": ("src/job/run.c", """    error e = checkpoint_plan(&job->checkpoint, plan);
""", """    error e = OK;
    for (size_t i = 0; e == OK && i < json_array_size(json_object_get(plan, "files")); i++) {
        json_t *f = json_array_get(json_object_get(plan, "files"), i);
        struct data_file file = {.bucket = json_text(f, "bucket"), .key = json_text(f, "key"),
                                 .token = json_text(f, "token")};
        e = table_publish(job->options->objects, &file);
    }
    if (e == OK) e = checkpoint_plan(&job->checkpoint, plan);
"""),
    "commit-before-publish": ("src/job/run.c", """    error e = publish(job, &arena, &files, &count);
    json_t *plan = json_incref(job->checkpoint.pending); /* the commit lets go of it */
    if (e == OK) e = commit(job, plan, files, count, recovered, end_us);
""", """    json_t *plan = json_incref(job->checkpoint.pending);
    error e = plan_files(&arena, plan, &files, &count);
    if (e == OK) e = commit(job, plan, files, count, recovered, end_us);
    if (e == OK) {
        job->checkpoint.pending = json_incref(plan);
        e = publish(job, &arena, &files, &count);
        json_decref(job->checkpoint.pending);
        job->checkpoint.pending = NULL;
    }
"""),
    "commit-before-register": ("src/job/run.c", """    TRY(pipeline_register(&job->pipeline, files, count, &report.partitions_added));
    TRY(program_register(&job->pipeline, plan, files, count, &report.partitions_added));
    fill_report(job, plan, files, count, &report);
    json_t *record = record_document(&report);
    error e = checkpoint_commit(&job->checkpoint, plan, record);
""", """    fill_report(job, plan, files, count, &report);
    json_t *record = record_document(&report);
    error e = checkpoint_commit(&job->checkpoint, plan, record);
    if (e == OK) e = pipeline_register(&job->pipeline, files, count, &report.partitions_added);
"""),
    "hour-of-replay": ("src/job/run.c", "closed ? now_us() : json_integer_or(job->checkpoint.pending, \"wall_us\", 0);", "now_us();"),
    "reuse-name": ("src/job/pipeline.c", "(long long)p->batch, suffix);", "(long long)(p->batch % 2), suffix);"),
    "forget-superseded": ("src/job/run.c", "        TRY(remove_superseded(job, arena));\n", ""),
    "replay-unbounded": ("src/job/reader.c", "        shard->bounded = through.type == POSITION_AFTER_SEQUENCE;\n", ""),
    "forget-positions": ("src/job/reader.c", "json_t *stored = json_object_get(r->positions, shard->id);", "json_t *stored = NULL;"),
    "children-first": ("src/job/reader.c", """           parent_done(r, shard->parent) && parent_done(r, shard->adjacent);
""", """           true;
"""),
    "forget-closed-shard": ("src/job/reader.c", """        if (!find_shard(r, shards[i].id)) TRY(add_shard(r, &shards[i]));
""", """        if (!find_shard(r, shards[i].id)) {
            if (shards[i].closed) continue;
            TRY(add_shard(r, &shards[i]));
        }
"""),
    "no-fence": ("src/job/checkpoint.c", "(struct object_condition){.if_absent = true}", "(struct object_condition){0}"),
    "no-replay-fence": ("src/job/checkpoint.c", "entry_key(&arena, cp, kind, cp->replays + 1), plan);", "entry_key(&arena, cp, kind, cp->replays + 1 + now_us() % 1000), plan);"),
    "never-sweep": ("src/job/run.c", """        TRY(objects->ops->upload_sweep(objects, node->target.bucket, stem, now_us(), keep,
                                       count));
""", ""),
    "lose-quarantine": ("src/job/pipeline.c", """    return write_rows(p, &p->targets[p->target_count], batches, 1);
""", """    return OK;
"""),
    "drop-last-record": ("src/job/reader.c", "    if (records->count) {\n        if (shard->batch_records", "    if (records->count > 7) records->count--;\n    if (records->count) {\n        if (shard->batch_records"),
    "no-newest-check": ("src/job/checkpoint.c", "    else if (e == OK) e = check_newest(cp, &arena, key);\n", ""),
    "plans-listed-first": ("src/job/checkpoint.c", """    TRY(last_entry(cp, arena, "commit", &committed));
    TRY(last_entry(cp, arena, "plan", &planned));
""", """    TRY(last_entry(cp, arena, "plan", &planned));
    TRY(last_entry(cp, arena, "commit", &committed));
"""),
    "keep-restricted-reader": ("src/job/run.c", "if (job->recovered || job->reader.restricted) start_over(job);", "if (job->recovered) start_over(job);"),
    "replay-takes-new-shards": ("src/job/reader.c", "    fresh.skipped = r->restricted;\n", ""),
    "silent-expiry": ("src/job/reader.c", "    return check_expired(r);\n", "    return OK;\n"),
    "forget-shard-end": ("src/job/run.c", " && !reader_moved(&job->reader);", ";"),
    "forget-begin": ("src/job/reader.c", "    if (!stored) stored = json_object_get(r->initial, shard->id);\n", ""),
    "latest-by-own-clock": ("src/job/run.c", "    *position = stream->ops->position(cursor);\n", """    if (position->type == POSITION_LATEST)
        *position = (struct position){.type = POSITION_AT_TIMESTAMP, .timestamp_us = now_us()};
"""),
    "forget-detected-schema": ("src/job/run.c", "    if (recovered) TRY(plan_schemas(&job->pipeline, plan));\n", ""),
    "forget-second-target": ("src/job/pipeline.c", """    for (int i = 0; i < p->target_count; i++) {
        for (int k = 0; k < p->share_count""", """    for (int i = 0; i < 1; i++) {
        for (int k = 0; k < p->share_count"""),
    "register-first-target": ("src/job/pipeline.c", "        struct data_file *own = ARENA_ARRAY", """        if (i == 1 && p->target_count > 1) continue;
        struct data_file *own = ARENA_ARRAY"""),
    "skip-sync": ("src/object/stage.c", """    if (world->sync(u->file) != 0) return fail_errno("sync staged object %s", u->key);
""", ""),
    "skip-name-sync": ("src/object/stage.c", """    error e = file_sync_folder(place_full(u->local, ".staging", &folder));
""", """    error e = OK;
"""),
    "skip-folder-sync": ("src/object/place.c", "    TRY(file_sync_folder(folder));\n", ""),
    "index-before-bytes": ("src/object/stage.c", """    if (e == OK) e = stage_finish(u);
    if (e == OK) e = publish(u, condition, NULL);
""", """    if (e == OK) e = publish(u, condition, NULL);
    if (e == OK) e = stage_finish(u);
"""),
    "young-forgotten": ("src/object/young.c", "world->sync(y->file) == 0 &&", "true &&"),
    "rewrite-in-place": ("src/object/young.c", """    TRY(staged_create(l, token, &file));
""", """    struct buffer path = {0};
    memcpy(token, y->token, sizeof token);
    file = world->open(staging_full(l, token, &path), O_RDWR | O_CREAT | O_TRUNC, 0600);
    buffer_release(&path);
    if (file < 0) return fail_errno("create");
    error early = write_durable(file, y->bytes);
    world->close(file);
    return early == OK ? place_move(l, token, y->path) : early;
"""),
    "rewind-keeps-files": ("src/job/rewind.c", "        TRY(o->objects->ops->remove(o->objects, bucket, key));\n", ""),
    "rewind-keeps-partitions": ("src/job/rewind.c", "        TRY(drop_partition(o, arena, bucket, key, json_object_get(file, \"partition\")));\n", ""),
    "rewind-ends-first": ("src/job/rewind.c", """    for (size_t i = l->count; i-- > 0;) {
        const struct ledger_batch *b = &l->batches[i];
        if (b->number <= *to || b->number > from) continue;
""", """    TRY(commit_rewind(o, l, arena, from + 1, *to));
    for (size_t i = l->count; i-- > 0;) {
        const struct ledger_batch *b = &l->batches[i];
        if (b->number <= *to || b->number > from) continue;
"""),
    "rewind-ignores-pending": ("src/job/rewind.c", "    if (l->planned > l->committed)\n", "    if (false)\n"),
    "requeue-without-intent": ("src/job/requeue.c", "    if (left_open) TRY(resolve(q, &q->report->found));\n", ""),
    "requeue-forgets-done": ("src/job/requeue.c", "            if (json_is_string(id)) json_object_set_new(q->sent, json_string_value(id), json_true());", "            if (json_is_string(id) && i) json_object_set_new(q->sent, json_string_value(id), json_true());"),
    "late-batch-unclaimed": ("src/job/run.c", "        TRY(compact_claim(arena,", "        closed = NULL;\n        if (false) TRY(compact_claim(arena,"),
    "compact-swaps-first": ("src/job/compact.c", "    if (strcmp(u->location, to) == 0) return OK; /* it was swapped before */\n", """    if (strcmp(u->location, to) == 0) return OK;
    TRY(o->catalog->ops->move_partition(o->catalog, o->database, o->table, u->values, from, to));
"""),
    "reject-for-first-target": ("src/job/pipeline.c", "            batches[k] = without_rejected(&p->shares[k], target_batch(p, i, &p->shares[k]));", """            batches[k] = i ? target_batch(p, i, &p->shares[k])
                           : without_rejected(&p->shares[k], target_batch(p, i, &p->shares[k]));"""),
    "first-plan-wins": ("src/job/checkpoint.c", "        if (cp->replays < 0) cp->replays = 0;\n", "        cp->replays = 0;\n"),
}

def main():
    name, folder = sys.argv[1:]
    path, old, new = PLANTS[name]
    text = open(path).read()
    if text.count(old) != 1:
        sys.exit("plants.py: %s: the text to replace is %d times in %s" % (name, text.count(old), path))
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, os.path.basename(path)), "w") as out:
        out.write('#line 1 "%s"\n' % path + text.replace(old, new))

if __name__ == "__main__":
    main()
