#include "report/source_files.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>

enum {
    FILES_MAX = 7000, /* libsystemd opens 7,168 at most */
    MACHINE_ID = 32,
    SHOWN_PATH_MAX = 300,
    FD_PATH_MAX = 32,
    SAMPLE = 256, /* entries of a file */
    SIGNATURE = 8,
};
#define ARENA_MAX (UINT64_C(1) << 40)

static const char *const system_folders[] = {"/run/log/journal", "/var/log/journal"};

static void say(const struct source_files *files, const char *path, const char *why)
{
    CLEANUP_TEXT struct text text = {0};
    text_add_escaped(&text, path, SHOWN_PATH_MAX);
    text_format(&text, ": %s", why);
    if (!text.failed && files->options->complain)
        files->options->complain(text.data);
}

/* CODE says why PATH can't be opened. */
static void refuse(struct source_files *files, const char *path, int code)
{
    char why[256];
    if (code == -EACCES || code == -EPERM) {
        if (files->n_denied++ == 0)
            files->denied = strdup(path);
        return;
    }
    const char *reason =
        code == -ENODATA   ? "it is empty"
        : code == -EBADMSG ? "it is not a journal file, or its beginning is damaged"
        : code == -EPROTONOSUPPORT
            ? "a newer systemd has written it; convert it there with journalctl -o export and here "
              "with systemd-journal-remote"
        : code == -EISDIR ? "is a directory: name it with --directory"
                          : file_problem(code);
    snprintf(why, sizeof why, "not read: %s", reason);
    say(files, path, why);
}

/* What the first bytes of a journal file say (systemd's docs/JOURNAL_FILE_FORMAT.md). */
struct file_head {
    char signature[SIGNATURE];
    uint8_t flags_and_ids[80];
    uint64_t head_size, arena_size; /* little endian */
};

static bool is_signed(const char *bytes)
{
    return memcmp(bytes, "LPKSHHRH", SIGNATURE) == 0;
}

bool source_is_journal(const char *path)
{
    char begins[SIGNATURE];
    CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && read(fd, begins, sizeof begins) == (ssize_t)sizeof begins && is_signed(begins);
}

/* The size that the file open at FD should have; 0: it doesn't say. */
static uint64_t size_by_head(int fd)
{
    struct file_head head;
    if (pread(fd, &head, sizeof head, 0) != (ssize_t)sizeof head || !is_signed(head.signature))
        return 0;
    uint64_t head_size = le64toh(head.head_size), arena_size = le64toh(head.arena_size);
    return head_size < 4096 && arena_size < ARENA_MAX ? head_size + arena_size : 0;
}

/* Sets *RET_PATH, owned by the caller. -errno. */
static int open_temporary(char **ret_path)
{
    const char *chosen = getenv("TMPDIR");
    const char *const folders[] = {chosen ? chosen : "/var/tmp", "/var/tmp", "/tmp"};
    int fd = -ENOENT;
    for (size_t i = 0; i < COUNT_OF(folders) && fd < 0; i++) {
        CLEANUP_FREE char *path = NULL;
        if (asprintf(&path, "%s/lambda-warmd-XXXXXX", folders[i]) < 0) {
            path = NULL;
            return -ENOMEM;
        }
        fd = mkostemp(path, O_CLOEXEC);
        if (fd < 0)
            fd = -errno;
        else
            *ret_path = STEAL(path);
    }
    return fd;
}

static void remove_temporary(struct source_file *file)
{
    if (file->temporary)
        unlink(file->temporary);
    free(file->temporary);
    file->temporary = NULL;
}

static int copy(int from, int to, uint64_t size)
{
    for (uint64_t left = size; left > 0;) {
        ssize_t n = sendfile(to, from, NULL, left < SSIZE_MAX ? (size_t)left : SSIZE_MAX);
        if (n <= 0)
            return n < 0 ? -errno : -ENODATA;
        left -= (uint64_t)n;
    }
    return 0;
}

int source_files_open(const int *fds, size_t n, sd_journal **ret_journal)
{
    CLEANUP_FREE char(*names)[FD_PATH_MAX] = calloc(n, sizeof *names);
    CLEANUP_FREE const char **paths = calloc(n + 1, sizeof *paths);
    if (!names || !paths)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof names[i], "/proc/self/fd/%d", fds[i]);
        paths[i] = names[i];
    }
    return sd_journal_open_files(ret_journal, paths, 0);
}

/* Whether many of the first entries in JOURNAL are the service's. */
static bool is_mostly_ours(sd_journal *journal)
{
    const void *data;
    size_t length;
    int n = 0, n_ours = 0;
    (void)sd_journal_seek_head(journal);
    for (; n < SAMPLE && sd_journal_next(journal) > 0; n++)
        n_ours += sd_journal_get_data(journal, "WARM_EVENT", &data, &length) >= 0;
    return 2 * n_ours >= n;
}

/* How the file at FD is best read. 0, or -errno: it can't be. */
static int try_to_open(int fd, struct source_file *file)
{
    sd_journal *journal = NULL;
    int result = source_files_open(&fd, 1, &journal);
    if (result >= 0)
        file->whole = is_mostly_ours(journal);
    sd_journal_close(journal);
    return result < 0 ? result : 0;
}

/* *FD, whose SIZE bytes are only a part of what should be there, becomes a copy that is as long as it should
 * be: its end reads as zeros, which libsystemd passes over, while it refuses a file that is too short. The
 * copy keeps its name until it is open, because libsystemd refuses nameless files, too. -errno. */
static int mend(int *fd, uint64_t size, uint64_t full_size, struct source_file *file)
{
    CLEANUP_CLOSE int mended = open_temporary(&file->temporary);
    if (mended < 0)
        return mended;
    if (lseek(*fd, 0, SEEK_SET) < 0)
        return -errno;
    int result = copy(*fd, mended, size);
    if (result < 0)
        return result;
    if (ftruncate(mended, (off_t)full_size) < 0)
        return -errno;
    close(*fd);
    *fd = STEAL_FD(mended);
    return try_to_open(*fd, file);
}

/* Makes of *FD, which can't be opened for RESULT, what can be, if the file was only cut. */
static int rescue(struct source_files *files, const char *path, int *fd, uint64_t size, int result,
                  struct source_file *file)
{
    uint64_t full_size = size_by_head(*fd);
    if (full_size <= size)
        return result;
    int mended = mend(fd, size, full_size, file);
    if (mended < 0) {
        remove_temporary(file);
        return mended == -ENODATA ? result : mended;
    }
    char why[160];
    file->whole = true;
    snprintf(why, sizeof why, "cut: %" PRIu64 " of %" PRIu64 " bytes are there; read as far as they go", size,
             full_size);
    say(files, path, why);
    return 0;
}

static bool make_room(struct source_files *files)
{
    if (files->n < files->room)
        return true;
    size_t room = files->room ? 2 * files->room : 64;
    int *fds = reallocarray(files->fds, room, sizeof *fds);
    if (fds)
        files->fds = fds;
    struct source_file *known = reallocarray(files->known, room, sizeof *known);
    if (known)
        files->known = known;
    files->failed = !fds || !known;
    files->room = files->failed ? files->room : room;
    return !files->failed;
}

static bool is_known(const struct source_files *files, const struct stat *info)
{
    for (size_t i = 0; i < files->n; i++)
        if (files->known[i].device == info->st_dev && files->known[i].inode == info->st_ino)
            return true;
    return false;
}

static void add_file(struct source_files *files, const char *path)
{
    struct stat info;
    files->n_candidates++;
    if (files->n >= FILES_MAX || !make_room(files))
        return;
    CLEANUP_CLOSE int fd = file_open(path, FILE_FOLLOW_LINKS, &info);
    if (fd < 0) {
        refuse(files, path, fd);
        return;
    }
    if (is_known(files, &info))
        return;
    struct source_file file = {.device = info.st_dev, .inode = info.st_ino};
    int result = info.st_size == 0 ? -ENODATA : try_to_open(fd, &file);
    if (result < 0)
        result = rescue(files, path, &fd, (uint64_t)info.st_size, result, &file);
    if (result < 0) {
        refuse(files, path, result == -ENODATA && info.st_size > 0 ? -EBADMSG : result);
        return;
    }
    files->known[files->n] = file;
    files->fds[files->n++] = STEAL_FD(fd);
    files->bytes += (uint64_t)info.st_size;
}

size_t source_files_add_glob(struct source_files *files, const char *pattern)
{
    glob_t found = {0};
    int result = glob(pattern, GLOB_BRACE, NULL, &found);
    size_t n = result == 0 ? found.gl_pathc : 0;
    for (size_t i = 0; i < n; i++)
        add_file(files, found.gl_pathv[i]);
    globfree(&found);
    /* A folder on the way that may not be read looks like one without files. */
    if (n == 0 && access(pattern, F_OK) < 0 && errno == EACCES)
        refuse(files, pattern, -EACCES);
    return n;
}

static int is_journal(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && (strcmp(dot, ".journal") == 0 || strcmp(dot, ".journal~") == 0);
}

/* A machine's id, perhaps with a namespace. */
static int is_machine(const struct dirent *entry)
{
    size_t length = strspn(entry->d_name, "0123456789abcdef");
    return length == MACHINE_ID && (entry->d_name[length] == '\0' || entry->d_name[length] == '.');
}

/* Calls ADD with the path of each entry in FOLDER that IS_WANTED. */
static int each_in(struct source_files *files, const char *folder, int (*is_wanted)(const struct dirent *),
                   void (*add)(struct source_files *, const char *))
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, is_wanted, alphasort);
    if (n < 0)
        return -errno;
    for (int i = 0; i < n; i++) {
        CLEANUP_FREE char *path = NULL;
        if (asprintf(&path, "%s/%s", folder, entries[i]->d_name) < 0) {
            path = NULL;
            files->failed = true;
        } else {
            add(files, path);
        }
        free(entries[i]);
    }
    free(entries);
    return 0;
}

static void add_machine(struct source_files *files, const char *folder)
{
    int result = each_in(files, folder, is_journal, add_file);
    if (result < 0 && result != -ENOTDIR)
        refuse(files, folder, result);
}

int source_files_add_folder(struct source_files *files, const char *folder)
{
    int result = each_in(files, folder, is_journal, add_file);
    if (result == -EACCES)
        refuse(files, folder, result);
    return result < 0 ? result : each_in(files, folder, is_machine, add_machine);
}

void source_files_add_system(struct source_files *files, bool every)
{
    sd_id128_t id;
    char path[128];
    bool known = sd_id128_get_machine(&id) >= 0;
    for (size_t i = 0; i < COUNT_OF(system_folders); i++) {
        if (every) {
            source_files_add_folder(files, system_folders[i]);
        } else if (known) {
            snprintf(path, sizeof path, "%s/" SD_ID128_FORMAT_STR, system_folders[i],
                     SD_ID128_FORMAT_VAL(id));
            if (each_in(files, path, is_journal, add_file) == -EACCES)
                refuse(files, path, -EACCES);
        }
    }
}

void source_files_say_denied(const struct source_files *files)
{
    if (files->n_denied == 0 || !files->denied)
        return;
    char why[256], others[48] = "";
    if (files->n_denied > 1)
        snprintf(others, sizeof others, " (and %zu more)", files->n_denied - 1);
    snprintf(
        why, sizeof why,
        "not read%s: Permission denied; only root and members of the groups systemd-journal and adm may read "
        "the system's journal",
        others);
    say(files, files->denied, why);
}

void source_files_free(struct source_files *files)
{
    for (size_t i = 0; i < files->n; i++) {
        close(files->fds[i]);
        remove_temporary(&files->known[i]);
    }
    free(files->fds);
    free(files->known);
    free(files->denied);
    *files = (struct source_files){0};
}
