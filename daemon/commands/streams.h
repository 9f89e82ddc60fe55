/* The standard streams, which whoever starts the program may have closed, or whose readers may be gone. */
#ifndef WARMD_COMMANDS_STREAMS_H
#define WARMD_COMMANDS_STREAMS_H

/* Call it before anything is opened. It occupies the numbers of closed standard streams: else the next socket
 * would get them, and what is meant for stderr would go to an endpoint. Writing to such a stream fails. */
void streams_hold(void);

/* Flushes stdout at the program's end. Returns CODE, or EXIT_FAULT in place of EXIT_DONE where some of the
 * output could not be written, which is said on stderr. A reader that has gone has read what it wanted: that
 * isn't a failure. */
int streams_finish(int code);

#endif
