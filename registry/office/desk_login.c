#include <string.h>

#include "base/mem.h"
#include "base/tm.h"
#include "registry/office/req.h"
#include "schema/msg.pb-c.h"

#define LIMIT_PASSWORD	256	/* octets */

static int
login_run(void *arg, struct err *e)
{
	struct req	*q = arg;
	const Login	*m = (const Login *)q->m;

	return session_put(req_office(q), REQ_BYTES(m->token_hash), q->account.id,
	    &q->expires, e);
}

static void
login_done(void *arg, const struct err *e)
{
	struct req	*q = arg;
	LoggedIn	 m = LOGGED_IN__INIT;
	const char	*words[8];
	unsigned	 bit;

	if (e != NULL) {
		req_fail(q, e);
		return;
	}
	for (bit = 1; bit <= ROLE_OPERATOR; bit <<= 1)
		if ((q->account.roles & bit) != 0)
			words[m.n_roles++] = role_word(bit);
	m.roles = (char **)(uintptr_t)words;
	m.expires = q->expires;
	req_reply(q, MSG_TYPE__MSG_RECORDER_REPLY, &m.base);
}

static void
login_hashed(void *arg, const struct msg *reply, const struct err *e)
{
	struct req		*q = arg;
	const Login		*m = (const Login *)q->m;
	ProtobufCMessage	*h = NULL;
	struct err		 why = ERR_INIT;
	bool			 good = false;
	int			 rc;

	req_no_fd(reply);
	if (e != NULL) {
		throttle_end(req_recorder(q)->throttle, m->name, tm_mono_ms(), true);
		req_fail(q, e);
		return;
	}
	if ((rc = msg_unpack(&password_hash__descriptor, reply->body, &h,
	    &why)) == 0)
		good = ((const PasswordHash *)h)->match && q->account.id != 0;
	protobuf_c_message_free_unpacked(h, NULL);
	throttle_end(req_recorder(q)->throttle, m->name, tm_mono_ms(), !good);
	if (rc == 0 && !good)
		rc = err_set_id(&why, ERR_DENIED, "bad-credentials",
		    "unknown name or wrong password");
	if (rc != 0)
		req_fail(q, &why);
	else
		req_add(q, false, login_run, login_done);
}

int
desk_login(struct req *q, struct err *e)
{
	const Login	*m = (const Login *)q->m;
	HashPassword	 ask = HASH_PASSWORD__INIT;
	struct chan	*jail;
	int		 rc;

	if (m->token_hash.len != SM3_LEN)
		return err_set(e, ERR_INVAL, "token_hash: 32 octets");
	if (strlen(m->name) > LIMIT_ACCOUNT_NAME ||
	    strlen(m->password) > LIMIT_PASSWORD)
		return err_set_id(e, ERR_DENIED, "bad-credentials",
		    "unknown name or wrong password");
	if ((rc = account_get(req_office(q), m->name, &q->account, e)) != 0 ||
	    (rc = req_jail(q, &jail, e)) != 0 ||
	    (rc = throttle_begin(req_recorder(q)->throttle, m->name, tm_mono_ms(),
	    e)) != 0)
		return rc;
	ask.password = m->password;
	ask.salt.data = q->account.salt;
	ask.salt.len = q->account.saltlen;
	ask.expected.data = q->account.hash;
	ask.expected.len = q->account.hashlen;
	chan_request(jail, MSG_TYPE__MSG_HASH_PASSWORD, &ask.base, -1,
	    login_hashed, q);
	mem_wipe(m->password, strlen(m->password));
	return 0;
}

static int
logout_run(void *arg, struct err *e)
{
	struct req	*q = arg;
	const Logout	*m = (const Logout *)q->m;
	uint8_t		 hash[SM3_LEN];

	sm3(m->token, strlen(m->token), hash);
	return session_drop(req_office(q), OCTETS(hash, SM3_LEN), e);
}

int
desk_logout(struct req *q, struct err *e)
{
	(void)e;
	req_add(q, false, logout_run, req_ok_done);
	return 0;
}
