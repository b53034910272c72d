/* Short forms for those who describe: one call a fact.
 */
#ifndef KEYFIT_CORE_FACTS_H
#define KEYFIT_CORE_FACTS_H

#include <keyfit/artifact.h>

void kf_fact_open(const struct kf_sink *sink, const char *name);
void kf_fact_close(const struct kf_sink *sink);
void kf_fact_number(const struct kf_sink *sink, const char *name,
		    uint64_t number);
void kf_fact_hex(const struct kf_sink *sink, const char *name,
		 uint64_t number);
void kf_fact_text(const struct kf_sink *sink, const char *name,
		  struct kf_bytes text);
void kf_fact_word(const struct kf_sink *sink, const char *name,
		  const char *word);
void kf_fact_bytes(const struct kf_sink *sink, const char *name,
		   struct kf_bytes bytes);
void kf_fact_seconds(const struct kf_sink *sink, const char *name,
		     int64_t seconds);
void kf_fact_yes_no(const struct kf_sink *sink, const char *name, bool yes);
void kf_fact_place(const struct kf_sink *sink, uint64_t at, uint64_t len);
/* kf_fact_moment: a time as UEFI keeps it, field by field. */
void kf_fact_moment(const struct kf_sink *sink, const char *name,
		    const struct kf_moment *moment);
/* kf_fact_guid: 16 bytes as UEFI stores them, in the usual spelling. */
void kf_fact_guid(const struct kf_sink *sink, const char *name,
		  struct kf_bytes guid);
/* kf_fact_certificate describes one DER certificate, or says that the bytes
 * are none. */
void kf_fact_certificate(const struct kf_sink *sink, struct kf_env *env,
			 const char *name, struct kf_bytes der);
/* kf_fact_signed_data describes a PKCS#7 blob: its signers, whether they are
 * time-stamped, when and by whom, and its certificates. */
void kf_fact_signed_data(const struct kf_sink *sink, struct kf_env *env,
			 struct kf_bytes blob);
/* kf_fact_cms describes a CMS: its signers and when they signed, its
 * certificates, or who can decrypt it. */
void kf_fact_cms(const struct kf_sink *sink, struct kf_env *env,
		 const struct kf_cms *cms);
/* kf_fact_fault says that a part could not be described: the work failed, and
 * nothing is known. Its name is "fault". */
void kf_fact_fault(const struct kf_sink *sink, enum kf_status status);
void kf_fact_damage(const struct kf_sink *sink, const struct kf_damage *list,
		    size_t num);

#endif
