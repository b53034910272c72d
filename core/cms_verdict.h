/* What verifiers that ask OpenSSL's CMS_verify say of a signature, as reasons.
 */
#ifndef KEYFIT_CORE_CMS_VERDICT_H
#define KEYFIT_CORE_CMS_VERDICT_H

#include <keyfit/check.h>

/* kf_cms_find turns a result that says no into a finding: the reason, the
 * certificate that failed, the chain as far as it went and the moment that
 * decided. `keyring` names the part that holds what is trusted, `rule` is the
 * verifier's own for its chains; NULL: the shared one, OPENSSL-...
 * Source: see docs/rules/openssl.md. */
void kf_cms_find(struct kf_finding *out, const struct kf_cms_result *result,
		 const struct kf_cms_trust *trust, const char *keyring,
		 const char *rule);

#endif
