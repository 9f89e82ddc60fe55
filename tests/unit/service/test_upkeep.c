/* Files that are kept in step: when they are written, and that nothing else waits for them. */
#include "../cmocka_all.h"
#include "../scratch.h"
#include "base/clock.h"
#include "service/upkeep.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is printed: PARTS parts of the number that is current when each is; and a clock that a part moves. */
struct scene {
    void *folder;
    sd_event *loop;
    struct upkeep upkeep;
    size_t parts;
    int number;
    int begun; /* files */
};

static uint64_t now_us, part_us;

static uint64_t read_clock(clockid_t id)
{
    (void)id;
    return now_us * 1000;
}

static bool print(FILE *file, size_t *position, void *context)
{
    struct scene *scene = context;
    scene->begun += *position == 0;
    now_us += part_us;
    fprintf(file, "%d", scene->number);
    return ++*position < scene->parts;
}

static const struct upkeep_kind kind = {.mode = 0600, .print = print, .event = EVENT_STATE, .effect = ""};

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    scratch_create(state);
    scene->folder = *state;
    scene->parts = 1;
    now_us = 1000000000;
    part_us = 0;
    clock_set_source(read_clock);
    assert_int_equal(sd_event_new(&scene->loop), 0);
    upkeep_open(&scene->upkeep, scene->loop, &kind, scene);
    upkeep_use(&scene->upkeep, scratch_path(scene->folder, "file"));
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    void *folder = scene->folder;
    upkeep_close(&scene->upkeep);
    sd_event_unref(scene->loop);
    clock_set_source(NULL);
    free(scene);
    return scratch_remove(&folder);
}

static const char *written(const struct scene *scene)
{
    static char text[64];
    FILE *file = fopen(scratch_path(scene->folder, "file"), "r");
    text[file ? fread(text, 1, sizeof text - 1, file) : 0] = '\0';
    if (file)
        fclose(file);
    return text;
}

static void a_small_file_is_written_in_its_turn(void **state)
{
    struct scene *scene = *state;
    scene->number = 7;
    upkeep_turn(&scene->upkeep);
    assert_string_equal(written(scene), "7");
    scene->number = 8;
    upkeep_turn(&scene->upkeep);
    assert_string_equal(written(scene), "7"); /* nothing has changed, for all that is known */
    upkeep_changed(&scene->upkeep);
    upkeep_turn(&scene->upkeep);
    assert_string_equal(written(scene), "8");
    assert_int_equal(scene->begun, 2);
}

static void what_took_long_comes_less_often(void **state)
{
    struct scene *scene = *state;
    part_us = 2000;
    upkeep_turn(&scene->upkeep);
    upkeep_changed(&scene->upkeep);
    now_us += 99000;
    upkeep_turn(&scene->upkeep);
    assert_int_equal(scene->begun, 1);
    now_us += 2000;
    upkeep_turn(&scene->upkeep);
    assert_int_equal(scene->begun, 2);
    /* What is asked for now comes now. */
    upkeep_changed(&scene->upkeep);
    upkeep_finish(&scene->upkeep);
    assert_int_equal(scene->begun, 3);
    upkeep_finish(&scene->upkeep);
    assert_int_equal(scene->begun, 3);
}

/* Whatever it took to print: a disk is written so many bytes a second at most. */
static void what_is_large_comes_less_often(void **state)
{
    static const struct upkeep_kind slow = {
        .mode = 0600, .print = print, .event = EVENT_STATE, .effect = "", .bytes_per_s = 3};
    struct scene *scene = *state;
    scene->upkeep.kind = &slow;
    scene->parts = 9;
    upkeep_turn(&scene->upkeep);
    assert_string_equal(written(scene), "000000000");
    upkeep_changed(&scene->upkeep);
    now_us += 3 * US_PER_S - 1;
    upkeep_turn(&scene->upkeep);
    assert_int_equal(scene->begun, 1);
    now_us++;
    upkeep_turn(&scene->upkeep);
    assert_int_equal(scene->begun, 2);
}

static int count(sd_event_source *source, void *context)
{
    *(int *)context += 1;
    return sd_event_source_set_enabled(source, SD_EVENT_ON);
}

static void a_large_file_waits_for_all_that_is_due(void **state)
{
    struct scene *scene = *state;
    sd_event_source *due;
    int dispatched = 0;
    scene->parts = 9;
    scene->number = 1;
    part_us = 1000; /* three make a step */
    assert_true(sd_event_add_defer(scene->loop, &due, count, &dispatched) >= 0);
    sd_event_source_set_enabled(due, SD_EVENT_ON);
    upkeep_turn(&scene->upkeep);
    assert_string_equal(written(scene), "");
    for (int i = 0; i < 20; i++)
        assert_true(sd_event_run(scene->loop, 0) > 0);
    assert_int_equal(dispatched, 20);
    assert_string_equal(written(scene), "");
    sd_event_source_set_enabled(due, SD_EVENT_OFF);
    upkeep_changed(&scene->upkeep); /* in the midst of it: once more after this one */
    scene->number = 2;
    while (sd_event_run(scene->loop, 0) > 0)
        ;
    assert_string_equal(written(scene), "111222222");
    assert_true(scene->upkeep.changed);
    assert_int_equal(scene->begun, 1);
    sd_event_source_unref(due);
}

static void what_is_out_of_date_is_begun_anew(void **state)
{
    struct scene *scene = *state;
    scene->parts = 9;
    scene->number = 1;
    part_us = 1000;
    upkeep_turn(&scene->upkeep);
    upkeep_restart(&scene->upkeep);
    assert_int_equal(access(scratch_path(scene->folder, "file.new"), F_OK), -1);
    scene->number = 2;
    upkeep_finish(&scene->upkeep);
    assert_string_equal(written(scene), "222222222");
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(a_small_file_is_written_in_its_turn), WITH_SCENE(what_took_long_comes_less_often),
        WITH_SCENE(what_is_large_comes_less_often),      WITH_SCENE(a_large_file_waits_for_all_that_is_due),
        WITH_SCENE(what_is_out_of_date_is_begun_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
