#ifndef BASE_TM_H
#define BASE_TM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Moments are int64_t Unix seconds, UTC.  People see and type Beijing time;
 * a bare end date means 23:59:59+08:00.
 */

/* The last second of the year 9999: what RFC 3339 and DER can write. */
#define TM_MAX		INT64_C(253402300799)

/* "2026-11-21T10:00:00Z" and its NUL. */
#define TM_RFC3339_SIZE	21

/* Years 0001 to 9999; anything else is written as the nearest bound. */
void	 tm_rfc3339(int64_t t, char out[TM_RFC3339_SIZE]);

/*
 * RFC 3339 with 'Z' or a numeric offset, a fraction of the second dropped; or
 * a bare date "2026-11-21", which is its last second in Beijing.  False if it is not one.
 */
bool	 tm_parse(const char *s, int64_t *t);

/* "2026-11-21 18:00:00 北京时间" for people.  out has 48 octets. */
void	 tm_beijing(int64_t t, char out[48]);

/* Now, whole seconds: the only reading of the wall clock below proc_*.c. */
int64_t	 tm_now(void);
/* Does the kernel say that its clock is synchronised?  False where it does
 * not, or will not say. */
bool	 tm_synchronised(void);
/* Monotonic milliseconds, for deadlines; microseconds, for measuring. */
int64_t	 tm_mono_ms(void);
int64_t	 tm_mono_us(void);

#endif /* BASE_TM_H */
