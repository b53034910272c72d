/* Describes a CMS: who signed it, when, with which algorithms; or who can
 * decrypt it.
 */
#include "facts.h"

enum { SHOWN_MAX = 32 };

static enum kf_status describe_signer(const struct kf_cms *cms, size_t index,
				      const struct kf_sink *sink,
				      struct kf_env *env)
{
	struct kf_cms_signer signer;
	enum kf_status status = env->crypto->cms_signer(cms, index, &signer,
							env->arena);

	if (status != KF_OK)
		return status;
	kf_fact_open(sink, NULL);
	kf_fact_word(sink, "digest", signer.digest);
	kf_fact_word(sink, "algorithm", signer.algorithm);
	if (signer.time == KF_CMS_TIME_KNOWN ||
	    signer.time == KF_CMS_TIME_FRACTION)
		kf_fact_seconds(sink, "signing-time", signer.signed_s);
	else if (signer.time != KF_CMS_TIME_NONE)
		kf_fact_word(sink, "signing-time", "unreadable");
	if (signer.certificate.len)
		kf_fact_certificate(sink, env, "certificate",
				    signer.certificate);
	else
		kf_fact_word(sink, "certificate", "not in the file");
	kf_fact_close(sink);
	return KF_OK;
}

static enum kf_status describe_recipient(const struct kf_cms *cms,
					 size_t index,
					 const struct kf_sink *sink,
					 struct kf_env *env)
{
	struct kf_cms_recipient recipient;
	enum kf_status status = env->crypto->cms_recipient(cms, index,
							   &recipient,
							   env->arena);

	if (status != KF_OK)
		return status;
	kf_fact_open(sink, NULL);
	kf_fact_word(sink, "issuer", recipient.issuer ? recipient.issuer
						      : "not told");
	if (recipient.serial.len)
		kf_fact_bytes(sink, "serial", recipient.serial);
	kf_fact_close(sink);
	return KF_OK;
}

/* describing describes one of what there is several of. */
typedef enum kf_status describing(const struct kf_cms *cms, size_t index,
				  const struct kf_sink *sink,
				  struct kf_env *env);

static enum kf_status describe_list(const struct kf_cms *cms, const char *name,
				    size_t num, const struct kf_sink *sink,
				    struct kf_env *env, describing *one)
{
	enum kf_status status = KF_OK;

	if (num == 0)
		return KF_OK;
	kf_fact_open(sink, name);
	for (size_t i = 0; i < num && i < SHOWN_MAX && status == KF_OK; i++)
		status = one(cms, i, sink, env);
	kf_fact_close(sink);
	if (num > SHOWN_MAX)
		kf_fact_number(sink, "not-shown", num - SHOWN_MAX);
	return status;
}

static enum kf_status describe_certificate(const struct kf_cms *cms,
					   size_t index,
					   const struct kf_sink *sink,
					   struct kf_env *env)
{
	struct kf_bytes der;
	enum kf_status status = env->crypto->cms_certificate(cms, index, &der,
							     env->arena);

	if (status == KF_OK)
		kf_fact_certificate(sink, env, NULL, der);
	return status;
}

/* describe_all says what is in it. */
static enum kf_status describe_all(const struct kf_cms *cms,
				   const struct kf_cms_facts *facts,
				   const struct kf_sink *sink,
				   struct kf_env *env)
{
	enum kf_status status;

	kf_fact_word(sink, "type", facts->is_signed ? "signed data" :
		     facts->is_enveloped ? "enveloped data" : "other");
	status = describe_list(cms, "signers", facts->num_signers, sink, env,
			       describe_signer);
	if (status == KF_OK)
		status = describe_list(cms, "certificates",
				       facts->num_certificates, sink, env,
				       describe_certificate);
	if (status == KF_OK && facts->num_crls)
		kf_fact_number(sink, "revocation-lists", facts->num_crls);
	if (status == KF_OK)
		status = describe_list(cms, "recipients",
				       facts->num_recipients, sink, env,
				       describe_recipient);
	return status;
}

void kf_fact_cms(const struct kf_sink *sink, struct kf_env *env,
		 const struct kf_cms *cms)
{
	struct kf_arena lent = *env->arena;
	struct kf_env local = *env;
	struct kf_cms_facts facts;
	enum kf_status status;

	local.arena = &lent;
	status = env->crypto->cms_facts(cms, &facts, &lent);
	if (status == KF_OK)
		status = describe_all(cms, &facts, sink, &local);
	if (status != KF_OK)
		kf_fact_fault(sink, status);
}
