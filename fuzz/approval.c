/* Any bytes as what people hand in: a policy, a request, an approval, a record
 * of the audit log, a key or a signature of OpenSSH's, what a builder says, a
 * file that is to be signed. Nothing breaks, what was taken comes out again as
 * it went in, and nothing is allowed that nobody approves.
 *
 * Input: what it is, one byte; the bytes.
 */
#include "opened.h"

#include "host/sshsig.h"
#include "jobs/approve/audit.h"

#include <string.h>

static struct kf_sealed sealed_of(struct kf_bytes payload)
{
	struct kf_sealed sealed;

	memset(&sealed, 0, sizeof(sealed));
	sealed.dsse.payload = payload;
	HOLDS(kf_hash_of(&sealed.sha256, payload, crypto) == KF_OK);
	return sealed;
}

static void policy(struct kf_bytes bytes)
{
	struct kf_fault why = { "", "" };
	struct kf_policy p;
	struct kf_policy_signers nobody = { 0, 0 };

	if (kf_policy_read(&p, bytes, &work.env, &why) != KF_OK) {
		HOLDS(why.what[0]);
		return;
	}
	HOLDS(!kf_policy_sound(&p) && p.version && p.change.approvals);
	HOLDS(kf_policy_decide(&p, NULL, &nobody) != KF_RULED_ALLOWED);
	HOLDS(kf_policy_own(&p, UINT64_MAX) == KF_RULED_ALLOWED);
	for (size_t i = 0; i < p.num_keys; i++)
		HOLDS(p.key[i].environment != KF_PRODUCTION ||
		      p.key[i].quorum.approvals >= 2);
}

static void request(struct kf_bytes bytes)
{
	struct kf_sealed sealed = sealed_of(bytes), again;
	struct kf_fault why = { "", "" };
	struct kf_policy none = { .version = 1 };
	struct kf_request r, second;
	struct kf_case c = { &none, &r, NULL, 0, NULL, NULL, NULL, 0, 1 };
	struct kf_decision d;

	if (kf_request_read(&r, &sealed, &work.env, &why) != KF_OK) {
		HOLDS(why.what[0]);
		return;
	}
	HOLDS(kf_request_write(&again, &r, &work.env) == KF_OK);
	HOLDS(kf_request_read(&second, &again, &work.env, &why) == KF_OK);
	HOLDS(kf_hash_same(&r.nonce, &second.nonce) &&
	      kf_hash_same(&r.artifact, &second.artifact) &&
	      r.expires_s == second.expires_s && r.action == second.action &&
	      kf_same(r.requester, second.requester) &&
	      kf_same(r.product, second.product));
	none.sha256 = r.policy;
	kf_decide(&d, &c);
	HOLDS(d.ruling != KF_RULED_ALLOWED && d.ruling != KF_RULED_NONE);
}

static void approval(struct kf_bytes bytes)
{
	struct kf_sealed sealed = sealed_of(bytes), again;
	struct kf_fault why = { "", "" };
	struct kf_approval a, second;

	if (kf_approval_read(&a, &sealed, &work.env, &why) != KF_OK) {
		HOLDS(why.what[0]);
		return;
	}
	HOLDS(a.signer == KF_NOBODY);
	HOLDS(kf_approval_write(&again, &a, &work.env) == KF_OK);
	HOLDS(kf_approval_read(&second, &again, &work.env, &why) == KF_OK);
	HOLDS(a.denies == second.denies && a.expires_s == second.expires_s &&
	      kf_hash_same(&a.request, &second.request));
}

static void record(struct kf_bytes bytes)
{
	struct kf_output first = { 0 }, second = { 0 };
	struct kf_fault why = { "", "" };
	struct kf_record r;

	if (kf_record_read(&r, bytes, &work.env, &why) != KF_OK) {
		HOLDS(why.what[0]);
		return;
	}
	if (kf_record_write(&first, &r, &why) == KF_OK) {
		HOLDS(kf_record_read(&r, kf_view(first.data, first.len),
				     &work.env, &why) == KF_OK);
		HOLDS(kf_record_write(&second, &r, &why) == KF_OK);
		HOLDS(kf_equal(kf_view(first.data, first.len),
			       kf_view(second.data, second.len)));
	}
	kf_output_close(&first);
	kf_output_close(&second);
}

static void ssh(struct kf_bytes bytes)
{
	static const char line[] = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
	enum kf_answer3 answer = KF_NO;
	struct kf_bytes blob;
	struct kf_key key;

	if (kf_ssh_key_read(&key, bytes, &work.env) == KF_OK)
		HOLDS(key.kind == KF_KEY_ED25519 || key.kind == KF_KEY_EC);
	HOLDS(kf_ssh_key_read(&key, kf_text(line), &work.env) == KF_OK);
	if (kf_ssh_unpack(&blob, bytes, &work.env) != KF_OK)
		blob = bytes;
	HOLDS(kf_ssh_ask(&answer, blob, &key, kf_text("message"),
			 &work.env) == KF_OK);
	HOLDS(answer == KF_NO);
}

static void rebuild(struct kf_bytes bytes)
{
	struct kf_sealed sealed = sealed_of(bytes);
	struct kf_fault why = { "", "" };
	struct kf_rebuild b;

	if (kf_rebuild_read(&b, &sealed, &work.env, &why) != KF_OK) {
		HOLDS(why.what[0]);
		return;
	}
	HOLDS(b.signer == KF_NOBODY && b.num_subjects > 0);
	for (size_t i = 0; i < b.num_subjects; i++)
		HOLDS(b.subject[i].kind < KF_NUM_PAYLOADS);
}

static void no_span(void *self, const struct kf_payload_span *span)
{
	(void)self;
	(void)span;
	HOLDS(false);
}

/* payload: the parts of a file leave nothing out, and it is equal to itself. */
static void payload(struct kf_bytes bytes)
{
	static const struct kf_payload_teller tell = { no_span, NULL };
	struct kf_source source = kf_bytes_source(&bytes);
	struct kf_payload_sum sum;
	struct kf_payload p, all;
	uint64_t at = 0;
	enum kf_status status = kf_payload_read(&p, &source, &work.env);

	HOLDS(status == KF_OK || status == KF_TOO_MUCH ||
	      status == KF_NO_MEMORY);
	if (status != KF_OK)
		return;
	for (size_t i = 0; i < p.num_parts; i++) {
		HOLDS(p.kind == KF_PAYLOAD_FIT || p.part[i].at == at);
		at = p.part[i].at + p.part[i].len;
		HOLDS(at <= bytes.len);
	}
	HOLDS(p.kind == KF_PAYLOAD_FIT || at == bytes.len);
	HOLDS(kf_payload_differ(&sum, &p, &p, &tell, &work.env) == KF_OK);
	HOLDS(!sum.spans && !sum.moved);
	if (kf_payload_to_sign(&all, &source, "raw", &work.env) == KF_OK)
		HOLDS(all.kind == KF_PAYLOAD_FILE &&
		      (p.kind != KF_PAYLOAD_FILE ||
		       kf_hash_same(&all.sha256, &p.sha256)));
}

void fuzz(struct kf_bytes input)
{
	static kind *const kinds[] = {
		policy, request, approval, record, ssh, rebuild, payload,
	};

	take_one(kinds, sizeof(kinds) / sizeof(kinds[0]), input);
}
