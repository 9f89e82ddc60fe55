#include "../cmocka_all.h"
#include "../scratch.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "config/grammar.h"
#include "config/splice.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct outcome {
    struct mistakes mistakes;
    struct source repaired;
    struct repair repair;
    int result; /* of grammar_write */
    int scanned;
    bool accepted; /* by libconfig */
    bool takes_repaired;
};

static bool parses(const char *text)
{
    config_t config;
    config_init(&config);
    bool right = config_read_string(&config, text);
    config_destroy(&config);
    return right;
}

/* Whether libconfig takes the file, which has no includes; but for a plus, which it doesn't know. */
static bool is_accepted(const char *path)
{
    CLEANUP_FILE struct file file = {0};
    CLEANUP_TEXT struct text text = {0};
    file_read(path, &file);
    text_format(&text, "%s\n", file.bytes);
    for (char *plus = text.data; (plus = strchr(plus, '+'));)
        *plus++ = ' ';
    return parses(text.data);
}

static void outcome_free(struct outcome *outcome)
{
    mistakes_free(&outcome->mistakes);
    source_free(&outcome->repaired);
    repair_free(&outcome->repair);
}
#define CLEANUP_OUTCOME __attribute__((cleanup(outcome_free)))

/* As a configuration is read: with guesses only if it is wrong. */
static struct outcome read_path(const char *path)
{
    struct outcome outcome = {.result = 1};
    for (int guesses = 0; outcome.result == 1 && guesses <= 1; guesses++) {
        CLEANUP_TOKENS struct tokens tokens = {0};
        outcome_free(&outcome);
        outcome.scanned = splice_scan(path, guesses, &outcome.repaired, &tokens, &outcome.mistakes);
        outcome.result = grammar_write(&tokens, &outcome.repaired, &outcome.mistakes, &outcome.repair);
    }
    outcome.accepted = is_accepted(path);
    outcome.takes_repaired = parses(outcome.repaired.text.data);
    return outcome;
}

struct row {
    const char *text;
    unsigned line, column;
    const char *message;
    size_t n; /* mistakes in all */
};

#define A "{ name = \"a\"; url = \"http://h/\"; }"
#define LIST "endpoints = (\n" A ",\n"

static const struct row rows[] = {
    /* commas and semicolons */
    {"endpoints = ( " A ",\n" A ", );", 2, 35, "the last value of a list has no comma after it", 1},
    {"a = [ 1, 2, ];", 1, 11, "the last value of a list has no comma after it", 1},
    {"endpoints = (\n" A "\n" A " );", 2, 35, "a comma is missing after this", 1},
    {"a = ( 1 2.5 );", 1, 7, "1 2.5 needs quotes", 1},
    {"a = ( 1, , 2 );", 1, 10, "extra comma", 1},
    {"a = ( , );", 1, 7, "extra comma", 1},
    {"endpoints = ( " A "; " A " );", 1, 49, "the values of a list are separated by commas, not by ;", 1},
    {"endpoints = ( " A "; );", 1, 49, "the last value of a list has no ; after it", 1},
    {"a = 1;;\nb = 2;", 1, 7, "extra ;", 1},
    {"; a = 1;", 1, 1, "extra ;", 1},
    {"a = { b = 1,, };", 1, 13, "extra comma", 1},
    /* quotes */
    {"a = 'x';", 1, 5, "write strings in double quotes: \"x\"", 1},
    {"a = `x`;", 1, 5, "write strings in double quotes: \"x\"", 1},
    {"a = \xe2\x80\x9cx\xe2\x80\x9d;", 1, 5, "these quotes are not ASCII: write \"x\"", 1},
    {"a = \xe2\x80\x9ex\xe2\x80\x9c;", 1, 5, "these quotes are not ASCII: write \"x\"", 1},
    {"a = \xc2\xabx\xc2\xbb;", 1, 5, "these quotes are not ASCII: write \"x\"", 1},
    {"a = \"x\xe2\x80\x9d;\nb = \"y\";", 1, 5, "this string is not closed: the quote at its end is not ASCII",
     1},
    {"a = \"{ \"b\": 1 }\";", 1, 5, "a quote within a string needs a backslash before it", 1},
    /* strings that aren't closed, where they begin */
    {"a = \"x;\nb = \"y\";\nc = 3;", 1, 5, "this string is not closed", 1},
    {"a = \"x; b = \"y\";\nc = 3;", 1, 5, "this string is not closed", 1},
    {"a = ( \"x, \"y\" );", 1, 7, "a quote within a string needs a backslash before it", 1},
    {"c = 3;\na = \"x", 2, 5, "this string is not closed", 1},
    {"a = \"\\x00\";", 1, 5, "a string can't contain a NUL byte (x00)", 1},
    {"a = 1;\n/* b", 2, 1, "this comment is not closed", 1},
    /* values */
    {"a = yes;", 1, 5, "yes is not a value: write true (or \"yes\", if it is text)", 1},
    {"a = Off;", 1, 5, "Off is not a value: write false (or \"Off\", if it is text)", 1},
    {"a = null;", 1, 5, "null is not a value: leave the key out", 1},
    {"a = 5min;", 1, 5, "5min needs quotes: \"5min\"", 1},
    {"a = 1h 30min;", 1, 5, "1h 30min needs quotes: \"1h 30min\"", 1},
    {"a = 08:00; b = 1;", 1, 5, "08:00 needs quotes: \"08:00\"", 1},
    {"a = GET b = 1;", 1, 5, "GET needs quotes: \"GET\"", 1},
    {"a = http://h/x?y=1&z=2; b = 1;", 1, 5, "http://h/x?y=1&z=2 needs quotes", 1},
    {"a = ( 2xx, 304 );", 1, 7, "2xx needs quotes: \"2xx\"", 1},
    {"a = 5min; b = 30s;", 1, 15, "30s needs quotes: \"30s\"", 2},
    {"a = 5min; b = 1; b = 2;", 1, 18, "b appears twice in the same group", 2},
    {"a = [ 200, 2xx ];", 1, 12, "the values in an array [ ] must be of one type", 1},
    {"a = 'x'; b = 'y'; c = yes;", 1, 23, "yes is not a value", 2}, /* of quotes once a line */
    {"a = 'x'; b = 'y'; c = yes;", 1, 5, "write strings in double quotes: \"x\"", 2},
    {"a = 10_000; b = 1;", 1, 5, "10_000 is not a number: write it without _", 1},
    {"a = $HOME; b = ${x:-1}; c = 1;", 1, 5, "$HOME isn't replaced here: write the value itself", 2},
    {"a = ${credential:x}; b = 1;", 1, 5, "${credential:x} isn't replaced here", 1},
    {"a = ${x; b = 1;", 1, 5, "${x isn't replaced here", 1},
    {"include \"x\";\na = 1;", 1, 1, "write @include \"FILE\" on a line of its own", 1},
    {"a = 010;", 1, 5, "a number can't start with 0", 1},
    {"a = ;\nb = 1;", 1, 4, "a value is missing after a =", 1},
    {"a =", 1, 4, "a value is missing after a =", 1},
    {"a = [ 1, \"x\" ];", 1, 10, "the values in an array [ ] must be of one type (a list ( ) may mix them)",
     1},
    /* = */
    {"a == 1;", 1, 3, "write = instead of ==", 1},
    {"a := 1;", 1, 3, "write = instead of :=", 1},
    {"a => 1;", 1, 3, "write = instead of =>", 1},
    {"a 1;", 1, 2, "= is missing after a", 1},
    {"a { b = 1; };", 1, 2, "= is missing after a", 1},
    {"a b = 1;", 1, 1, "'a' is not expected here: a setting is name = value;", 1},
    {"a; b = 1;", 1, 2, "a has no value: a setting is name = value;", 1},
    {"= 1; b = 2;", 1, 1, "expected a key here: name = value;", 1},
    /* brackets */
    {"endpoints = [ " A " ];", 1, 13, "a list of groups takes ( ), not [ ]", 1},
    {"a = ( 1 ];", 1, 9, "close ( with ), not with ]", 1},
    {"a = ( 1;\nb = 2;", 1, 8, "the values of a list are separated by commas, not by ;", 2},
    {LIST "{ name = \"b\"; url = \"http://h/\";\n" A " );", 3, 33, "} is missing after this", 1},
    {LIST "{ name = \"b\"; url = \"http://h/\";\n);", 3, 33, "} is missing after this", 1},
    {LIST "name = \"b\"; }\n);", 3, 1, "{ is missing before this: a list has groups { }", 1},
    {"a = { b = 1;", 1, 5, "this { is not closed: } is missing", 1},
    {"a = ( 1, 2", 1, 5, "this ( is not closed: ) is missing", 1},
    {"a = 1; }\nb = 2;", 1, 8, "this } closes nothing", 1},
    {"a = 1; );\nb = 2;", 1, 8, "this ) closes nothing", 1},
    /* keys */
    {"a = 1;\na = 2;", 2, 1, "a appears twice in the same group, first on line 1", 1},
    {"a = { x = 1; b = 1; x = 2; };\nx = 1;", 1, 21, "x appears twice in the same group, first on line 1", 1},
    {"\"a\" = 1; b = 2;", 1, 1, "write a key without quotes: name = value;", 1},
    {"a.b = 1;", 1, 1,
     "'a.b' can't be a key: a key has only letters, digits, _ and -, and starts with a letter", 1},
    {"_a = 1;", 1, 1, "'_a' can't be a key", 1},
    {"true = 1;", 1, 1, "expected a key here: name = value;", 1},
    {"a\xc2\xa0= 1;", 1, 1, "can't be a key", 1},
    {"a = 1;\xc2\xa0", 1, 7, "this space is not ASCII", 1},
    {"a = 1; @include \"x\"", 1, 8, "@ is only allowed in @include", 1},
    {"a = 1; ? b = 2;", 1, 8, "? isn't allowed here", 1},
    /* comments of other languages */
    {"a = 1;\n  -- b = 'x' {\nc = 1;", 2, 3, "a comment starts with # or //", 1},
    {"; of 'x' {\na = 1;", 1, 1, "a comment starts with # or //", 1},
    {"a = 1; ; b c", 1, 8, "extra ;", 1},
    /* other languages */
    {"{ \"endpoints\": [ { \"name\": \"a\" } ] }", 1, 1, "this looks like JSON", 1},
    {"[ { \"name\": \"a\" } ]", 1, 1, "this looks like JSON", 1},
    {"endpoints:\n  - name: a\n    url: http://h/\n", 1, 1, "this looks like YAML; write endpoints = ( {", 1},
    {"daemon:\n  stagger: 5s\n", 1, 1, "this looks like YAML; write a group as daemon = { name = value; };",
     1},
    {"---\nendpoints:\n- name: a\n", 1, 1, "this looks like YAML", 1},
    {"[daemon]\nstagger = 5\n", 1, 1, "this looks like TOML", 1},
    {"a = 1\n[[endpoints]]\nname = 'x'\n", 2, 1, "this looks like TOML", 1},
    /* one after the other */
    {"a = 'x';\nb = 5min;\nc = yes;\nd = ( 1, );\ne == 2;\nf = 3;", 3, 5, "yes is not a value", 5},
};

/* What some version of libconfig takes: an open comment or string at the end, a NUL that ends a string, 010
 * as 8 or as 10, commas with nothing between them. */
static bool we_are_stricter(const struct outcome *got)
{
    static const char *const rules[] = {"this comment is not closed",
                                        "this string is not closed",
                                        "can't contain a NUL byte",
                                        "can't start with 0",
                                        "extra comma",
                                        "has no comma after it"}; /* libconfig 1.7 takes one */
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (got->accepted && got->mistakes.n > 0 && strstr(got->mistakes.items[0].text, rules[i]))
            return true;
    return false;
}

/* libconfig 1.7 refuses numbers above 64 bits; we write the largest in their place, which its key refuses
 * with its bounds. */
static bool has_long_number(const char *path)
{
    CLEANUP_FILE struct file file = {0};
    size_t digits = 0;
    if (file_read(path, &file) < 0)
        return false;
    for (size_t i = 0; i < file.length && digits < 19; i++)
        digits = isdigit((unsigned char)file.bytes[i]) ? digits + 1 : 0;
    return digits == 19;
}

static const struct mistake *find(const struct mistakes *mistakes, const struct row *row)
{
    for (size_t i = 0; i < mistakes->n; i++)
        if (mistakes->items[i].line == row->line && mistakes->items[i].column == row->column &&
            strstr(mistakes->items[i].text, row->message))
            return &mistakes->items[i];
    return NULL;
}

static void names_each_mistake_and_its_place(void **state)
{
    /* libconfig 1.5 forgets a string that it has read when it refuses the text after it. tests/lsan.supp
     * tells the sanitizer so; valgrind has to go without, here and below. */
    leave_out_under_valgrind();
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP_OUTCOME struct outcome got = read_path(scratch_write(*state, "main.conf", rows[i].text));
        bool right = (!got.accepted || we_are_stricter(&got)) && got.result == 1 &&
                     find(&got.mistakes, &rows[i]) && got.mistakes.n == rows[i].n &&
                     (got.takes_repaired || !got.repair.whole);
        wrong += !right;
        if (right)
            continue;
        fprintf(stderr, "%s\n  accepted %d, result %d, repaired: %s", rows[i].text, got.accepted, got.result,
                got.repaired.text.data);
        for (size_t j = 0; j < got.mistakes.n; j++)
            fprintf(stderr, "  %u:%u: %s\n", got.mistakes.items[j].line, got.mistakes.items[j].column,
                    got.mistakes.items[j].text);
    }
    assert_int_equal(wrong, 0);
}

/* What libconfig takes, though it looks odd. */
static const char *const good[] = {
    "",
    "a = 1",
    "a = 1 b = 2, c : 3; d = { } e = ( ) f = [ ]",
    "a = \"x\" \"y\"\n# c\n\"z\";",
    "a = ( \"b = \", \"c: \", \"(\" );",
    "a = ( ( 1, 2.5, \"x\" ), [ 1, 2 ], { b = TRUE; } );",
    "a = -1; b = +2; c = .5; d = 0xFF; e = 5L; f = 5000000000; g = 1e3; *h-i = False;",
    "a = \"it's; \\\"b\\\" \\\\\"; // c",
    "a = \"{ \\\"b\\\": [ 1 ] }\";",
    "a =\n\n1\n;",
    "a = { b = { b = 1; }; };\nb = 2;",
};

static void accepts_what_libconfig_accepts(void **state)
{
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        CLEANUP_OUTCOME struct outcome got = read_path(scratch_write(*state, "main.conf", good[i]));
        if (!got.accepted || got.result != 0 || got.mistakes.n > 0)
            fail_msg("%s: %s", good[i], got.mistakes.n ? got.mistakes.items[0].text : "refused");
    }
}

static void says_in_which_file(void **state)
{
    leave_out_under_valgrind();
    scratch_write(*state, "part", "x = 1;\ny = 5min;\n");
    CLEANUP_OUTCOME struct outcome got =
        read_path(scratch_write(*state, "main.conf", "a = {\n@include \"part\"\n x = 2; };\nb = 'z';\n"));
    assert_int_equal(got.mistakes.n, 3);
    assert_string_equal(got.mistakes.items[0].file, scratch_path(*state, "part"));
    assert_int_equal(got.mistakes.items[0].line, 2);
    assert_string_equal(got.mistakes.items[1].file, scratch_path(*state, "main.conf"));
    assert_int_equal(got.mistakes.items[1].line, 3);
    assert_non_null(strstr(got.mistakes.items[1].text, "part:1"));
    assert_int_equal(got.mistakes.items[2].line, 4);
}

static void stops_after_twenty(void **state)
{
    CLEANUP_TEXT struct text text = {0};
    for (int i = 0; i < 100; i++)
        text_format(&text, "k%d = yes;\n", i);
    CLEANUP_OUTCOME struct outcome got = read_path(scratch_write(*state, "main.conf", text.data));
    assert_int_equal(got.mistakes.n, 20);
    assert_false(got.repair.whole);
}

static void bears_any_depth(void **state)
{
    CLEANUP_TEXT struct text text = {0};
    text_add(&text, "a = ");
    for (int i = 0; i < 50000; i++)
        text_add(&text, "(");
    CLEANUP_OUTCOME struct outcome got = read_path(scratch_write(*state, "main.conf", text.data));
    assert_int_equal(got.result, 1);
    assert_int_equal(got.mistakes.n, 1);
}

/* Numbers from a seed, the same on every machine. */
static uint32_t draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)*seed * below) >> 32);
}

static void mutate(struct text *text, const char *original, uint32_t *seed)
{
    static const char *const pieces[] = {"",  ";",  ",",    "=",   ":",    "{",      "}",           "(",
                                         ")", "[",  "]",    "\"",  "'",    "#",      "x",           "5",
                                         " ", "\n", "5min", "yes", "true", "/*",     "@",           "-",
                                         "?", "\\", "\"\"", "1",   ".",    "a = 1;", "\xe2\x80\x9c"};
    text_free(text);
    text_add(text, original);
    for (uint32_t edits = 1 + draw(seed, 2); edits > 0; edits--) {
        size_t at = draw(seed, (uint32_t)text->length + 1), cut = draw(seed, 3);
        const char *piece = pieces[draw(seed, COUNT_OF(pieces))];
        CLEANUP_FREE char *before = strndup(text->data, at);
        CLEANUP_FREE char *after = strdup(text->data + (at + cut < text->length ? at + cut : text->length));
        text_free(text);
        text_format(text, "%s%s%s", before, piece, after);
    }
}

static size_t judge(const char *path, size_t *ret_rejected)
{
    CLEANUP_OUTCOME struct outcome got = read_path(path);
    bool complains = got.result == 1 || got.scanned < 0;
    if (we_are_stricter(&got) || (!got.accepted && got.takes_repaired && has_long_number(path)))
        return 0;
    bool repaired = got.scanned < 0 || !got.repair.whole || got.takes_repaired;
    *ret_rejected += !got.accepted;
    if (complains == !got.accepted && (got.mistakes.n > 0) == complains && repaired)
        return 0;
    CLEANUP_FILE struct file file = {0};
    file_read(path, &file);
    fprintf(stderr, "---- libconfig %s it, the grammar says %d (%s)%s:\n%s\n",
            got.accepted ? "takes" : "refuses", got.result, got.mistakes.n ? got.mistakes.items[0].text : "",
            repaired ? "" : ", badly repaired", repaired ? file.bytes : got.repaired.text.data);
    return 1;
}

static const char original[] = "# c\nendpoints = (\n  { name = \"a\"; url = \"http://h/\"; warm = 2,\n"
                               "    headers = ( \"A: b\", \"C: \" \"d\" ); expect = [ 200, 204 ]; },\n"
                               "  { name = \"b\"; url = \"http://h/\"; enabled = false; budget = 1.5; }\n);\n"
                               "defaults = { interval = \"4min\"; hold = 1 };\ndaemon = { prices = { }; }\n";

static void agrees_with_libconfig_on_mutated_texts(void **state)
{
    leave_out_under_valgrind();
    CLEANUP_TEXT struct text text = {0};
    uint32_t seed = 7;
    size_t wrong = 0, rejected = 0;
    const uint32_t rounds = 6000;
    for (uint32_t i = 0; i < rounds && wrong < 5; i++) {
        mutate(&text, original, &seed);
        wrong += judge(scratch_write(*state, "main.conf", text.data), &rejected);
    }
    assert_int_equal(wrong, 0);
    assert_in_range(rejected, rounds / 2, rounds - rounds / 20);
}

/* libconfig 1.5 ends the process if an include is a folder. */
static bool includes(const char *path)
{
    CLEANUP_FILE struct file file = {0};
    return file_read(path, &file) == 0 && strstr(file.bytes, "@include");
}

static size_t judge_folder(const char *folder, size_t *ret_files)
{
    char path[4096];
    size_t wrong = 0, rejected = 0;
    snprintf(path, sizeof path, "%.*s/%s", (int)(strrchr(__FILE__, '/') - __FILE__), __FILE__, folder);
    CLEANUP_FREE char *directory = strdup(path);
    DIR *entries = opendir(path);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        const char *end = strstr(entry->d_name, ".conf");
        if (!end || end[5] != '\0' || entry->d_type != DT_REG)
            continue;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (includes(path))
            continue;
        wrong += judge(path, &rejected);
        (*ret_files)++;
    }
    closedir(entries);
    return wrong;
}

static void agrees_with_libconfig_on_every_bad_configuration(void **state)
{
    (void)state;
    leave_out_under_valgrind();
    size_t files = 0;
    assert_int_equal(judge_folder("../../bad-configs", &files) + judge_folder("../../../conf", &files), 0);
    assert_true(files > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_each_mistake_and_its_place, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(accepts_what_libconfig_accepts, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(says_in_which_file, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(stops_after_twenty, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(bears_any_depth, scratch_create, scratch_remove),
        cmocka_unit_test(agrees_with_libconfig_on_every_bad_configuration),
        cmocka_unit_test_setup_teardown(agrees_with_libconfig_on_mutated_texts, scratch_create,
                                        scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
