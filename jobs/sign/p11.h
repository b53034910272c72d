/* What the files around PKCS#11 share. All of it runs in the child process of
 * one token, in one thread; nobody else includes it.
 */
#ifndef KEYFIT_JOBS_SIGN_P11_H
#define KEYFIT_JOBS_SIGN_P11_H

#include "child.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

#define FUNCTION(name) __typeof__(&p11_kit_##name) name;
struct kf_p11_functions {
#include "p11.def"
};
#undef FUNCTION

enum {
	KF_P11_TOKENS_MAX = 64,
	KF_P11_OBJECTS_MAX = 4096,
	KF_P11_VALUE_MAX = 16 << 10,
};

/* kf_p11_token is a token that the URI matches. */
struct kf_p11_token {
	CK_FUNCTION_LIST *module;
	CK_SLOT_ID slot;
	CK_TOKEN_INFO info;
};

struct kf_p11 {
	struct kf_p11_functions kit;
	P11KitUri *uri;
	struct kf_pin pin;
	CK_FUNCTION_LIST **modules;	/* of the configuration, or `one` */
	CK_FUNCTION_LIST *one[2];

	struct kf_p11_token token;	/* the one that is in use */
	CK_SESSION_HANDLE login;	/* 0: none is open */
	CK_OBJECT_HANDLE key;
	CK_KEY_TYPE type;
	size_t coordinate;		/* of an EC key, in bytes */
	bool asks_each_time;
	CK_RV failed;			/* of an attribute that was read */
	bool passes;			/* what went wrong last may pass by
					 * itself */
};

/* p11.c: the URI's modules and tokens. */
KF_MUST enum kf_status kf_p11_start(struct kf_p11 *p,
				    const struct kf_key_name *name,
				    struct kf_fault *warning,
				    struct kf_fault *why);
KF_MUST enum kf_status kf_p11_load(struct kf_p11 *p, struct kf_fault *why);
void kf_p11_end(struct kf_p11 *p);
KF_MUST enum kf_status kf_p11_tokens(struct kf_p11 *p,
				     struct kf_p11_token *out, size_t *num,
				     struct kf_fault *why);
/* kf_p11_wrong says that a function of the module failed. */
enum kf_status kf_p11_wrong(struct kf_p11 *p, const char *function, CK_RV rv,
			    struct kf_fault *why);
/* kf_p11_again loads the modules anew, after a while. Some tokens are not whole
 * while another process logs in. Fails: false, what went wrong does not pass
 * by itself, or did not for long. */
KF_MUST bool kf_p11_again(struct kf_p11 *p, unsigned *times);
/* kf_p11_lost tells whether another login may mend it. */
bool kf_p11_lost(CK_RV rv);
/* kf_p11_field is a text that is padded with blanks. */
struct kf_bytes kf_p11_field(const void *field, size_t len);

/* p11_login.c */
KF_MUST enum kf_status kf_p11_open(struct kf_p11 *p, struct kf_fault *why);
KF_MUST enum kf_status kf_p11_login(struct kf_p11 *p, struct kf_fault *why);
void kf_p11_drop(struct kf_p11 *p);
/* kf_p11_say_pin says what is wrong with a PIN. */
enum kf_status kf_p11_say_pin(struct kf_p11 *p, CK_RV rv,
			      struct kf_fault *why);

/* p11_object.c: objects, found and told. kf_p11_find finds those of one class
 * that the URI matches, or that have `id` and no more; *num is how much room
 * there is, and how many there are. */
KF_MUST enum kf_status kf_p11_find(struct kf_p11 *p, CK_OBJECT_HANDLE *out,
				   size_t *num, CK_OBJECT_CLASS class,
				   const struct kf_bytes *id,
				   struct kf_fault *why);
KF_MUST enum kf_status kf_p11_tell(struct kf_p11 *p, struct kf_output *told,
				   CK_OBJECT_HANDLE object,
				   CK_OBJECT_CLASS class,
				   struct kf_fault *why);
/* kf_p11_value reads an attribute. An empty view: it is not told. */
struct kf_bytes kf_p11_value(struct kf_p11 *p, CK_OBJECT_HANDLE object,
			     CK_ATTRIBUTE_TYPE type, uint8_t *room,
			     size_t room_len);
enum kf_answer3 kf_p11_yes_no(struct kf_p11 *p, CK_OBJECT_HANDLE object,
			      CK_ATTRIBUTE_TYPE type);

/* p11_key.c: the numbers of a key. */
void kf_p11_tell_key(struct kf_p11 *p, struct kf_output *told,
		     CK_OBJECT_HANDLE object, CK_OBJECT_CLASS class,
		     struct kf_bytes id, struct kf_bytes label);
/* kf_p11_curve names the curve of a key's parameters; NULL: another one.
 * `coordinate` is how long half a point is. */
const char *kf_p11_curve(struct kf_bytes params, size_t *coordinate);

/* p11_sign.c */
KF_MUST enum kf_status kf_p11_use(struct kf_p11 *p, struct kf_fault *why);
KF_MUST enum kf_status kf_p11_sign(struct kf_p11 *p, struct kf_signature *out,
				   const struct kf_scheme *scheme,
				   struct kf_bytes content,
				   struct kf_fault *why);
/* kf_p11_signs tells by which schemes the token signs with keys of a type. */
void kf_p11_signs(struct kf_p11 *p, struct kf_output *told, CK_KEY_TYPE type);

#endif
