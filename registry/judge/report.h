#ifndef REGISTRY_REPORT_H
#define REGISTRY_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "registry/judge/rule.h"
#include "registry/judge/verdict.h"

/*
 * A verification report: every rule on its own, and a verdict over them
 * (design section 8, docs/verify.md).  "Cannot tell" is never "valid".  Pure.
 */

#define LIMIT_REPORT_CHECKS	16
#define LIMIT_REPORT_STAMPS	64
#define LIMIT_REPORT_LINES	64	/* of each list of a stamp */
#define LIMIT_REPORT_PICTURES	16	/* different ones that are shown */
#define LIMIT_REPORT		(8u << 20)	/* octets of one, as text */
#define REPORT_DETAIL_SIZE	512
#define REPORT_CERTS		4	/* maker, signer, time-stamps */

enum check_result {
	CHECK_NONE = 0, CHECK_PASSED, CHECK_FAILED, CHECK_UNKNOWN,
	CHECK_NOT_APPLICABLE, CHECK_END
};

struct report_check {
	const struct rule	*rule;
	enum check_result	 result;
	const char		*sub;	/* static, or NULL */
	char			 detail[REPORT_DETAIL_SIZE];
};

/* Lines of text. */
struct report_list {
	char	*line[LIMIT_REPORT_LINES];
	size_t	 n;
};

/* A certificate on the way from another to its authority. */
struct report_step {
	char		*subject;
	char		 serial[48];	/* hex */
	bool		 cross;		/* a cross certificate */
};

/* A certificate, with its status at the moment judged and now. */
struct report_cert {
	const char	*role;		/* static: maker, signer, time_stamp */
	char		*subject, *issuer;
	int64_t		 not_before, not_after;
	const char	*then, *now;	/* static words */
	int64_t		 revoked_at;	/* 0: not known to be */
	/* The way to the authority that is believed, where it holds: what
	 * stands between, upwards, and H(DER) of that authority. */
	struct report_step *via;
	size_t		 nvia;
	uint8_t		 anchor[32];
	bool		 has_anchor;
};

/* Whose word the time of a stamp is. */
enum report_time { TIME_NONE = 0, TIME_TOKEN, TIME_SIGNER, TIME_ASKED,
	    TIME_NOW };

/* What the register says. */
struct report_register {
	enum verdict	 verdict;	/* VERDICT_NONE: it was not asked */
	enum verdict_why why;
	const char	*then;		/* static: "active"; NULL: not known */
	const char	*now;
	int64_t		 as_of;		/* 0: nothing */
	const char	*basis;		/* static: "proven", "reported", NULL */
	bool		 proof_bad;	/* its proof does not hold */
};

/* The picture in a seal, as the seal has it; and as it is shown. */
struct report_picture {
	char		*type;		/* what the seal calls it; or NULL */
	uint32_t	 octets;	/* 0: there is no seal */
	uint32_t	 width_mm, height_mm;
	char		 kind[8];	/* what it is, where it was looked at */
	bool		 other;		/* that is something else */
	uint32_t	 width, height;	/* pixels; 0: it is not shown */
	const uint8_t	*rgb;		/* three octets each; tied to the report */
	char		*why;		/* it is not shown; NULL: nobody asked */
	struct report_list lacks;	/* what is not in it as it is meant */
};

/* One thing judged: a seal, or one signature. */
struct report_part {
	char			*label, *form, *code, *seal_name, *signer;
	char			 generation[8];
	int64_t			 signed_at;	/* what the signer says */
	int64_t			 at;		/* the moment judged */
	enum report_time	 source;
	struct report_check	 checks[LIMIT_REPORT_CHECKS];
	size_t			 n;
	struct report_list	 deviations, uncovered, changes, places;
	uint32_t		 uncovered_all;
	struct report_cert	 certs[REPORT_CERTS];
	size_t			 ncerts;
	struct report_register	 reg;
	struct report_picture	 picture;
};

/* Caller ends with report_fini(). */
struct report {
	const char		*kind;		/* static: "seal" */
	char			*note;		/* or NULL */
	uint8_t			 digest[32];	/* H(file) */
	bool			 has_digest;
	uint8_t			 original[32];	/* H(what came beside a stamp) */
	bool			 has_original;
	uint8_t			 policy[32];	/* policy_digest(), or zeroes */
	bool			 has_policy;	/* false: the usual one */
	int64_t			 now;		/* when it was made */
	/* The seal; or, with stamps, rows about the file as a whole. */
	struct report_part	 whole;
	struct report_part	*stamps;
	size_t			 nstamps;
	/* Judged again on a node, from evidence that somebody brought: its own
	 * time-stamp; and, alone: the file itself did not come with it. */
	bool			 replayed, alone;
	const char		*lists;		/* static: what it says of them */
	struct report_part	 kept;
	struct octets		 pixels[LIMIT_REPORT_PICTURES];	/* owned */
	size_t			 npixels;
};

const char	*check_result_word(enum check_result r);	/* "passed" */
enum check_result check_result_from_word(const char *s);	/* or NONE */
const char	*report_time_word(enum report_time t);	/* "time_stamp" */

void		 report_init(struct report *r, const char *kind);
void		 report_fini(struct report *r);
void		 report_part_fini(struct report_part *p);
/* One more; NULL beyond LIMIT_REPORT_STAMPS.  Others move: ask anew. */
struct report_part *report_add_stamp(struct report *r);
/* *field = text made safe to show; what was there is freed. */
void		 report_text(char **field, const char *text);
void		 report_line(struct report_list *l, const char *text);

/*
 * Add a row; rule is one of rule_table, and rows beyond LIMIT_REPORT_CHECKS
 * are a fault of ours.  sub NULL: the rule's own.
 */
void		 report_add(struct report_part *p, const char *rule,
		    enum check_result result, const char *sub,
		    const char *fmt, ...)
		    __attribute__((format(printf, 5, 6)));
/* The same for a row that is there. */
void		 report_change(struct report_check *c,
		    enum check_result result, const char *sub,
		    const char *fmt, ...)
		    __attribute__((format(printf, 4, 5)));
/* The row of a rule, or NULL. */
struct report_check *report_row(struct report_part *p, const char *rule);

/*
 * Over all rows: failed wins (as the register's own word where that is why),
 * then unknown, else valid.  Without rows: unknown.
 */
enum verdict	 report_part_verdict(const struct report_part *p);
/*
 * The worst of all parts; a stamped file without a stamp is never valid, nor is
 * what comes from evidence alone; evidence that was changed tells nothing.
 */
enum verdict	 report_verdict(const struct report *r);
/* ETSI EN 319 102-1: "TOTAL-PASSED", and why not, or NULL. */
const char	*report_indication(enum verdict v);
const char	*report_part_sub(const struct report_part *p);
const char	*report_sub(const struct report *r);
/* enum cmd_exit of it. */
int		 report_exit(const struct report *r);
/* The row about the evidence; NULL: there is none. */
const struct report_check *report_evidence(const struct report *r);
/* Why evidence does not do; or NULL. */
const char	*report_evidence_doubt(const struct report *r);
/* Is it a stamp that came without its document, which would tell more? */
bool		 report_wants_original(const struct report *r);

/*
 * One row a rule: of a seal its own; of one stamp its, with the file's; of
 * several the worst, with a detail that says which.  p is initialised here,
 * and is freed by nobody: it has rows only.
 */
void		 report_merge(const struct report *r, struct report_part *p);

/* As JSON (schema/report.schema.json): in one line, without its end; as a value
 * of jansson's, NULL beyond LIMIT_REPORT; and for people to read. */
void		 report_json_line(const struct report *r, struct buf *out);
struct json_t;
struct json_t	*report_object(const struct report *r);
void		 report_json(const struct report *r, struct buf *out);
/* "valid", or its Chinese; the line on legal effect. */
const char	*report_verdict_text(enum verdict v, enum rule_lang lang);
const char	*report_legal(enum rule_lang lang);
/* In words, for a terminal. */
void		 report_print(const struct report *r, enum rule_lang lang,
		    struct buf *out);

#endif /* REGISTRY_REPORT_H */
