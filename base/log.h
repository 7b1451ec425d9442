#ifndef BASE_LOG_H
#define BASE_LOG_H

/*
 * One line an event, on standard error:
 *
 *	2026-11-21T10:00:00Z notice recorder[123] batch.commit events=3 ms=2
 *
 * or the same as JSON.
 * Personal data and secrets never come here; audit facts go to the signed
 * log.  Only proc_*.c and cmd_*.c report errors.
 */

enum log_level {
	LOG_ERROR = 1,		/* somebody must act */
	LOG_WARNING,		/* it heals, but look */
	LOG_NOTICE,		/* start, stop, a state that changed */
	LOG_INFO,		/* one line per thing done */
	LOG_DEBUG
};

enum log_format {
	LOG_TEXT = 1,
	LOG_JSON		/* an object a line: time, level, process, pid,
				 * event, the keys as texts in "fields", and
				 * what is left over in "message" */
};

/* name is borrowed for ever: the process ("recorder"). */
void	 log_open(const char *name, enum log_level level);
/* Level and format from now on. */
void	 log_tune(enum log_level level, enum log_format format);
/* Both in one word, for another process, which takes a good one. */
unsigned log_word(void);
void	 log_take_word(unsigned word);
void	 log_line(enum log_level level, const char *event,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#define log_error(event, ...)	log_line(LOG_ERROR, event, __VA_ARGS__)
#define log_warning(event, ...)	log_line(LOG_WARNING, event, __VA_ARGS__)
#define log_notice(event, ...)	log_line(LOG_NOTICE, event, __VA_ARGS__)
#define log_info(event, ...)	log_line(LOG_INFO, event, __VA_ARGS__)
#define log_debug(event, ...)	log_line(LOG_DEBUG, event, __VA_ARGS__)

#endif /* BASE_LOG_H */
