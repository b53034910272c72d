/* libconfig's syntax: names with values, groups in braces, lists in
 * parentheses, arrays in brackets.
 *
 * Texts are cut into tokens as libconfig's scanner does, the longest match
 * first, and put together as its grammar does. What leaves the text (@include)
 * or would need more than 64 bits is beyond this reader, never guessed.
 *
 * Source: hyperrealm/libconfig, lib/scanner.l, lib/grammar.y and
 * lib/libconfig.c, tags v1.5 and v1.7.3.
 */
#include "libconfig_tokens.h"

/* parser is where the reader stands. `in`: the group, list or array that is
 * open; `setting`: the value that has a name and waits for one. */
struct parser {
	struct kf_tokens tokens;
	struct kf_token token;
	struct kf_config *in, *setting;
	unsigned depth;
	bool valued;		/* a value just ended: a separator may follow */
	struct kf_config_text *out;
	struct kf_env *env;
	enum kf_status status;
};

static void wrong(struct parser *p, const char *what)
{
	if (p->out->result != KF_CONFIG_READ)
		return;
	p->out->result = KF_CONFIG_WRONG;
	p->out->damage.field = what;
	p->out->damage.at = p->token.at;
}

static bool goes_on(const struct parser *p)
{
	return p->status == KF_OK && p->out->result == KF_CONFIG_READ;
}

/* next takes the next token. */
static void next(struct parser *p)
{
	if (!goes_on(p))
		return;
	p->status = kf_tokens_next(&p->token, &p->tokens, p->env);
	if (p->status == KF_OK && p->tokens.beyond) {
		p->out->result = KF_CONFIG_BEYOND;
		p->out->beyond = p->tokens.beyond;
	}
}

static bool in_list(const struct parser *p)
{
	return p->in->type == KF_CONFIG_LIST || p->in->type == KF_CONFIG_ARRAY;
}

/* place is the node that the next value fills: the setting with a name, or
 * one more of a list. */
static struct kf_config *place(struct parser *p)
{
	struct kf_config *c = p->setting;

	if (in_list(p)) {
		c = kf_config_new(p->in, p->env);
		if (!c)
			p->status = KF_NO_MEMORY;
	}
	p->setting = NULL;
	return c;
}

/* open_value starts a group, a list or an array. */
static void open_value(struct parser *p, enum kf_config_type type)
{
	struct kf_config *c;

	if (p->in->type == KF_CONFIG_ARRAY) {
		wrong(p, "value of an array");
		return;
	}
	if (++p->depth > KF_CONFIG_DEPTH_MAX) {
		p->out->result = KF_CONFIG_BEYOND;
		p->out->beyond = "settings nested deeper than 256";
		return;
	}
	c = place(p);
	if (!c)
		return;
	c->type = type;
	c->at = p->token.at;
	p->in = c;
	p->valued = false;
	next(p);
}

static void close_value(struct parser *p)
{
	p->in = p->in->parent;
	p->depth--;
	p->valued = true;
	next(p);
}

/* simple takes a value that is none of these. Texts one behind the other are
 * one. */
static void simple(struct parser *p)
{
	struct kf_config *c = place(p);

	if (!c)
		return;
	c->type = p->token.type;
	c->text = p->token.text;
	c->number = p->token.number;
	c->at = p->token.at;
	if (p->in->type == KF_CONFIG_ARRAY && p->in->first->type != c->type)
		wrong(p, "value of another type");
	next(p);
	while (goes_on(p) && c->type == KF_CONFIG_TEXT &&
	       p->token.kind == KF_TOKEN_VALUE &&
	       p->token.type == KF_CONFIG_TEXT) {
		p->status = kf_tokens_join(&c->text, p->token.text, p->env);
		next(p);
	}
	p->valued = true;
}

static void value(struct parser *p)
{
	switch (p->token.kind) {
	case '{':
		open_value(p, KF_CONFIG_GROUP);
		break;
	case '(':
		open_value(p, KF_CONFIG_LIST);
		break;
	case '[':
		open_value(p, KF_CONFIG_ARRAY);
		break;
	case KF_TOKEN_VALUE:
		simple(p);
		break;
	default:
		wrong(p, "value");
	}
}

/* name takes "name =" and its value. */
static void name(struct parser *p)
{
	struct kf_bytes text = p->token.text;

	if (kf_config_member(p->in, text)) {
		wrong(p, "name that was there before");
		return;
	}
	p->setting = kf_config_new(p->in, p->env);
	if (!p->setting) {
		p->status = KF_NO_MEMORY;
		return;
	}
	p->setting->name = text;
	next(p);
	if (p->token.kind != '=')
		wrong(p, "=");
	next(p);
	if (goes_on(p))
		value(p);
}

/* in_group takes one step where settings stand. */
static void in_group(struct parser *p)
{
	if (p->valued && (p->token.kind == ';' || p->token.kind == ',')) {
		p->valued = false;
		next(p);
		return;
	}
	p->valued = false;
	if (p->token.kind == KF_TOKEN_NAME)
		name(p);
	else if (p->token.kind == '}' && p->in->parent)
		close_value(p);
	else
		wrong(p, "name of a setting");
}

/* in_values takes one step in a list or an array. The later grammar lets a
 * comma stand with nothing behind it. */
static void in_values(struct parser *p)
{
	unsigned end = p->in->type == KF_CONFIG_LIST ? ')' : ']';

	if (p->token.kind == end) {
		close_value(p);
		return;
	}
	if (p->in->first) {
		if (p->token.kind != ',')
			wrong(p, ",");
		next(p);
		if (p->tokens.later &&
		    (p->token.kind == end || p->token.kind == ','))
			return;
	}
	if (goes_on(p))
		value(p);
}

enum kf_status kf_libconfig_read(struct kf_config_text *out,
				 struct kf_bytes text, bool later,
				 struct kf_env *env)
{
	struct parser p = { .out = out, .env = env };

	kf_tokens_start(&p.tokens, text, later);
	out->result = KF_CONFIG_READ;
	out->root = p.in = kf_config_new(NULL, env);
	if (!p.in)
		return KF_NO_MEMORY;
	p.in->type = KF_CONFIG_GROUP;
	next(&p);
	while (goes_on(&p) && p.token.kind != KF_TOKEN_END) {
		if (!kf_spend(env, 16))
			return KF_TOO_MUCH;
		if (p.in->type == KF_CONFIG_GROUP)
			in_group(&p);
		else
			in_values(&p);
	}
	if (goes_on(&p) && p.in->parent)
		wrong(&p, "end");
	return p.status;
}
