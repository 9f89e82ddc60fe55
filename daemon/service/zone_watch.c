#include "service/zone_watch.h"

#include "base/cleanup.h"
#include "base/timezone.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>

/* Watches the folder, because a link is replaced by renaming another one over it, and its inode never
 * changes. */
static int on_change(sd_event_source *source, const struct inotify_event *event, void *context)
{
    const struct zone_watch *watch = context;
    (void)source;
    if (event->len && strcmp(event->name, watch->name) == 0)
        watch->changed(watch->context);
    return 0;
}

int zone_watch_open(struct zone_watch *watch, sd_event *loop, void (*changed)(void *context), void *context)
{
    const char *path = timezone_file(), *name = path ? strrchr(path, '/') + 1 : NULL;
    *watch = (struct zone_watch){.changed = changed, .context = context};
    if (!path || !*name)
        return 0;
    CLEANUP_FREE char *folder = strndup(path, (size_t)(name - path));
    watch->name = strdup(name);
    if (!folder || !watch->name)
        return -ENOMEM;
    int result = sd_event_add_inotify(loop, &watch->source, folder,
                                      IN_ONLYDIR | IN_MOVED_TO | IN_CREATE | IN_CLOSE_WRITE | IN_DELETE,
                                      on_change, watch);
    return result < 0 && result != -ENOENT ? result : 0;
}

void zone_watch_close(struct zone_watch *watch)
{
    sd_event_source_disable_unref(watch->source);
    free(watch->name);
    *watch = (struct zone_watch){0};
}
