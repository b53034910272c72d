/* Keys and signatures as OpenSSH writes them: a line of authorized_keys, and
 * what `ssh-keygen -Y sign` makes.
 *
 * Source: openssh/openssh-portable, PROTOCOL.sshsig, tag V_9_2_P1; RFC 8709, 4
 * and 6; RFC 5656, 3.1.
 */
#ifndef KEYFIT_HOST_SSHSIG_H
#define KEYFIT_HOST_SSHSIG_H

#include <keyfit/host.h>

/* The namespace of all that is signed here. */
#define KF_SSH_NAMESPACE "keyfit-approval"

/* kf_ssh_key_read reads a public key of Ed25519 or ECDSA. Fails: KF_WRONG_USE,
 * it is none; KF_NO_MEMORY. */
KF_MUST enum kf_status kf_ssh_key_read(struct kf_key *out,
				       struct kf_bytes line,
				       struct kf_env *env);

/* kf_ssh_unpack takes the armour off a signature. Fails: KF_WRONG_USE. */
KF_MUST enum kf_status kf_ssh_unpack(struct kf_bytes *out,
				     struct kf_bytes file,
				     struct kf_env *env);

/* kf_ssh_ask tells whether a signature without armour is one of a key over a
 * message. What is no such signature says no.
 * Fails: KF_NO_MEMORY, KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_ssh_ask(enum kf_answer3 *out,
				  struct kf_bytes signature,
				  const struct kf_key *key,
				  struct kf_bytes message,
				  struct kf_env *env);

#endif
