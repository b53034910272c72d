/* PKCS#11: a URI's modules and the tokens in them.
 *
 * Source: RFC 7512; p11-kit 0.24.1, p11-kit/p11-kit.h and p11-kit/uri.h.
 */
#include "p11.h"

#include "host/library.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const names[] = {
#define FUNCTION(name) "p11_kit_" #name,
#include "p11.def"
#undef FUNCTION
};

enum { NUM_NAMES = sizeof(names) / sizeof(names[0]) };

static const struct {
	CK_RV rv;
	const char *name;
	bool lost;
} returns[] = {
#define RETURN(rv, lost) { rv, #rv, lost },
#include "p11_returns.def"
#undef RETURN
};

enum { NUM_RETURNS = sizeof(returns) / sizeof(returns[0]) };

bool kf_p11_lost(CK_RV rv)
{
	for (size_t i = 0; i < NUM_RETURNS; i++)
		if (returns[i].rv == rv)
			return returns[i].lost;
	return false;
}

enum kf_status kf_p11_wrong(struct kf_p11 *p, const char *function, CK_RV rv,
			    struct kf_fault *why)
{
	const char *name = NULL;

	p->passes = kf_p11_lost(rv) || rv == CKR_GENERAL_ERROR ||
		    rv == CKR_FUNCTION_FAILED;
	if (rv == CKR_HOST_MEMORY)
		return KF_NO_MEMORY;
	for (size_t i = 0; i < NUM_RETURNS; i++)
		if (returns[i].rv == rv)
			name = returns[i].name;
	if (name && kf_p11_lost(rv))
		kf_fault_say(why, "put the token back, or see to its service",
			     "the token is gone: %s gives %s", function, name);
	else if (name)
		kf_fault_say(why, NULL, "the token fails: %s gives %s",
			     function, name);
	else
		kf_fault_say(why, NULL, "the token fails: %s gives 0x%08lx",
			     function, (unsigned long)rv);
	return KF_CANNOT_READ;
}

struct kf_bytes kf_p11_field(const void *field, size_t len)
{
	const char *text = field;

	while (len && (text[len - 1] == ' ' || !text[len - 1]))
		len--;
	return kf_view(field, len);
}

static enum kf_status parse(struct kf_p11 *p, const char *text,
			    struct kf_fault *why)
{
	int code;

	p->uri = p->kit.uri_new();
	if (!p->uri)
		return KF_NO_MEMORY;
	code = p->kit.uri_parse(text, P11_KIT_URI_FOR_ANY, p->uri);
	if (code == P11_KIT_URI_OK && !p->kit.uri_any_unrecognized(p->uri))
		return KF_OK;
	if (code == P11_KIT_URI_OK)
		kf_fault_say(why, "RFC 7512 lists what there is: token, serial, object, id, type, module-path, pin-source, ...",
			     "says something that keyfit does not know, so that nothing matches");
	else
		kf_fault_say(why, "it reads like pkcs11:token=NAME;object=KEY?module-path=MODULE&pin-source=file:PATH",
			     "is no PKCS#11 URI: %.120s",
			     p->kit.uri_message(code));
	return KF_WRONG_USE;
}

/* load_path loads the one module that the URI names. */
static enum kf_status load_path(struct kf_p11 *p, const char *path,
				struct kf_fault *why)
{
	CK_RV rv;

	p->one[0] = p->kit.module_load(path, P11_KIT_MODULE_CRITICAL);
	if (!p->one[0]) {
		kf_fault_say(why, "give a PKCS#11 module, a shared library",
			     "its module cannot be loaded: %.150s", path);
		return KF_WRONG_USE;
	}
	rv = p->kit.module_initialize(p->one[0]);
	if (rv != CKR_OK) {
		p->kit.module_release(p->one[0]);
		p->one[0] = NULL;
		return kf_p11_wrong(p, "C_Initialize", rv, why);
	}
	p->modules = p->one;
	return KF_OK;
}

enum kf_status kf_p11_load(struct kf_p11 *p, struct kf_fault *why)
{
	const char *path = p->kit.uri_get_module_path(p->uri);

	if (path)
		return load_path(p, path, why);
	p->modules = p->kit.modules_load_and_initialize(0);
	if (!p->modules) {
		kf_fault_say(why, "module-path=FILE behind a question mark names one module",
			     "the PKCS#11 modules of this machine cannot be loaded");
		return KF_CANNOT_READ;
	}
	return KF_OK;
}

enum kf_status kf_p11_start(struct kf_p11 *p, const struct kf_key_name *name,
			    struct kf_fault *warning, struct kf_fault *why)
{
	enum kf_status status;

	if (!kf_library_load(&p->kit, "libp11-kit.so.0", names, NUM_NAMES)) {
		kf_fault_say(why, "install libp11-kit0",
			     "libp11-kit is not there, by which keyfit speaks to tokens");
		memset(&p->kit, 0, sizeof(p->kit));
		return KF_CANNOT_READ;
	}
	status = parse(p, name->whole, why);
	if (status == KF_OK)
		status = kf_pin_read(&p->pin, name, warning, why);
	return status;
}

static void unload(struct kf_p11 *p)
{
	kf_p11_drop(p);
	if (p->one[0]) {
		p->kit.module_finalize(p->one[0]);
		p->kit.module_release(p->one[0]);
	} else if (p->modules) {
		p->kit.modules_finalize_and_release(p->modules);
	}
	p->one[0] = NULL;
	p->modules = NULL;
}

bool kf_p11_again(struct kf_p11 *p, unsigned *times)
{
	enum { TIMES_MAX = 4, FIRST_MS = 20 };
	struct timespec t = { 0, 0 };
	struct kf_fault ignored = { 0 };
	unsigned ms = FIRST_MS << *times;

	if (!p->passes || *times == TIMES_MAX)
		return false;
	++*times;
	p->passes = false;
	unload(p);
	/* Others wait too: not all of them as long. */
	clock_gettime(CLOCK_MONOTONIC, &t);
	ms += (unsigned)(t.tv_nsec / 1000) % ms;
	t = (struct timespec){ ms / 1000, (long)(ms % 1000) * 1000000 };
	nanosleep(&t, NULL);
	return kf_p11_load(p, &ignored) == KF_OK;
}

void kf_p11_end(struct kf_p11 *p)
{
	unload(p);
	if (p->uri)
		p->kit.uri_free(p->uri);
	kf_pin_wipe(&p->pin);
	memset(p, 0, sizeof(*p));
}

/* is_wanted tells whether the URI lets a module take part. */
static bool is_wanted(struct kf_p11 *p, CK_FUNCTION_LIST *module)
{
	const char *wanted = p->kit.uri_get_module_name(p->uri);
	char *name = wanted ? p->kit.module_get_name(module) : NULL;
	CK_INFO info = { 0 };
	bool yes = !wanted || (name && strcmp(name, wanted) == 0);

	free(name);
	return yes && module->C_GetInfo(&info) == CKR_OK &&
	       p->kit.uri_match_module_info(p->uri, &info);
}

/* add_tokens adds the tokens of one module. */
static enum kf_status add_tokens(struct kf_p11 *p, CK_FUNCTION_LIST *module,
				 struct kf_p11_token *out, size_t *num,
				 struct kf_fault *why)
{
	CK_SLOT_ID slots[KF_P11_TOKENS_MAX];
	CK_ULONG num_slots = KF_P11_TOKENS_MAX;
	CK_RV rv = module->C_GetSlotList(CK_TRUE, slots, &num_slots);

	if (rv == CKR_OK && num_slots > KF_P11_TOKENS_MAX)
		rv = CKR_BUFFER_TOO_SMALL;
	if (rv != CKR_OK)
		return kf_p11_wrong(p, "C_GetSlotList", rv, why);
	for (CK_ULONG i = 0; i < num_slots; i++) {
		struct kf_p11_token token = { .module = module,
					      .slot = slots[i] };

		rv = module->C_GetTokenInfo(slots[i], &token.info);
		if (rv == CKR_TOKEN_NOT_PRESENT ||
		    rv == CKR_TOKEN_NOT_RECOGNIZED)
			continue;
		if (rv != CKR_OK)
			return kf_p11_wrong(p, "C_GetTokenInfo", rv, why);
		if (!(token.info.flags & CKF_TOKEN_INITIALIZED) ||
		    !p->kit.uri_match_token_info(p->uri, &token.info))
			continue;
		if (*num == KF_P11_TOKENS_MAX) {
			kf_fault_say(why, NULL, "there are more than %d tokens",
				     KF_P11_TOKENS_MAX);
			return KF_TOO_MUCH;
		}
		out[(*num)++] = token;
	}
	return KF_OK;
}

enum kf_status kf_p11_tokens(struct kf_p11 *p, struct kf_p11_token *out,
			     size_t *num, struct kf_fault *why)
{
	enum kf_status status = KF_OK;

	*num = 0;
	for (CK_FUNCTION_LIST **m = p->modules; *m && status == KF_OK; m++)
		if (is_wanted(p, *m))
			status = add_tokens(p, *m, out, num, why);
	return status;
}
