#include "report/page_assets.h"

/* The assembler reads the files, from the folder of the Makefile; .incbin works alike in gcc and clang, and
 * on all processors. The script is in parts, by topic; each uses only what stands before it when it is
 * loaded. */
#define BEGIN(name) ".pushsection .rodata\n.globl " name "\n.hidden " name "\n" name ":\n"
#define FILE_OF(name) ".incbin \"daemon/report/page/" name "\"\n"
#define END ".byte 0\n.popsection\n"

__asm__(BEGIN("page_html") FILE_OF("page.html") END);
__asm__(BEGIN("page_style") FILE_OF("page.css") END);
__asm__(BEGIN("page_script") FILE_OF("data.js") FILE_OF("state.js") FILE_OF("sums.js") FILE_OF("dom.js")
            FILE_OF("strips.js") FILE_OF("brush.js") FILE_OF("graphs.js") FILE_OF("figures.js")
                FILE_OF("tables.js") FILE_OF("main.js") END);
