/* The page's parts that are the same in every report: the files of page/, built in. */
#ifndef WARMD_REPORT_PAGE_ASSETS_H
#define WARMD_REPORT_PAGE_ASSETS_H

/* NUL-terminated. */
extern const char page_html[], page_style[], page_script[];

#endif
