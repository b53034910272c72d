/* Extended regular expressions, as far as revisions of hardware need them:
 * letters, sets, groups, alternatives, repetition, anchors.
 *
 * What POSIX leaves open, counts (a{2}) and GNU's own escapes are beyond it. A
 * pattern becomes a machine of states, all of which are followed at once, so
 * that no pattern takes longer than its size times that of the text.
 *
 * Source: IEEE Std 1003.1-2017, base definitions, 9.4 (extended regular
 * expressions); glibc's manual, "POSIX Regexp Compilation".
 */
#include "swupdate.h"

#include <string.h>

enum { STATES_MAX = 512, OPERATORS_MAX = 64, SET_LEN = 32, NOWHERE = -1 };

enum kind { SET, SPLIT, START, END, FOUND };

/* state is one of the machine. */
struct state {
	enum kind kind;
	int next, other;
	uint8_t set[SET_LEN];	/* a bit a letter */
};

/* part is a piece of a machine: its first state, and the ends that still lead
 * nowhere, one state by which all of them leave. */
struct part {
	int first, last;
};

struct machine {
	struct state *state;
	int num;
	struct part part[OPERATORS_MAX];
	int num_parts;
	char op[OPERATORS_MAX];		/* '(', '|', '.' */
	int num_ops;
	struct kf_bytes pattern;
	size_t at;
	bool beyond;
	bool wrong;		/* it is no pattern, and matches nothing */
};

static int new_state(struct machine *m, enum kind kind, int next, int other)
{
	struct state *s;

	if (m->num == STATES_MAX) {
		m->beyond = true;
		return 0;
	}
	s = &m->state[m->num];
	s->kind = kind;
	s->next = next;
	s->other = other;
	return m->num++;
}

static void push(struct machine *m, struct part p)
{
	if (m->num_parts == OPERATORS_MAX)
		m->beyond = true;
	else
		m->part[m->num_parts++] = p;
}

static struct part pop(struct machine *m)
{
	struct part none = { 0, 0 };

	if (m->num_parts == 0) {
		m->beyond = true;
		return none;
	}
	return m->part[--m->num_parts];
}

/* simple is a part of one state. */
static void simple(struct machine *m, enum kind kind, const uint8_t *set)
{
	int at = new_state(m, kind, NOWHERE, NOWHERE);

	if (set)
		memcpy(m->state[at].set, set, SET_LEN);
	push(m, (struct part){ at, at });
}

/* join runs one part behind the other, either runs one of the two. Every part
 * leaves by one state alone: either's is one that does nothing. */
static void join(struct machine *m)
{
	struct part b = pop(m), a = pop(m);

	m->state[a.last].next = b.first;
	push(m, (struct part){ a.first, b.last });
}

static void either(struct machine *m)
{
	struct part b = pop(m), a = pop(m);
	int in = new_state(m, SPLIT, a.first, b.first);
	int out = new_state(m, SPLIT, NOWHERE, NOWHERE);

	m->state[a.last].next = m->state[b.last].next = out;
	push(m, (struct part){ in, out });
}

/* repeat makes of a part one that may come again, or be left out. */
static void repeat(struct machine *m, char how)
{
	struct part a = pop(m);
	int out = new_state(m, SPLIT, NOWHERE, NOWHERE);
	int in = new_state(m, SPLIT, a.first, how == '+' ? NOWHERE : out);

	m->state[a.last].next = out;
	if (how != '?')
		m->state[a.last].next = new_state(m, SPLIT, a.first, out);
	push(m, (struct part){ in, out });
}

/* settle does the operators that bind closer than what comes. */
static void settle(struct machine *m, const char *which)
{
	while (m->num_ops && !m->beyond) {
		char op = m->op[m->num_ops - 1];

		if (op != which[0] && op != which[1])
			return;
		m->num_ops--;
		if (op == '.')
			join(m);
		else
			either(m);
	}
}

static void operator(struct machine *m, char op)
{
	if (m->num_ops == OPERATORS_MAX)
		m->beyond = true;
	else
		m->op[m->num_ops++] = op;
}

static int peek(const struct machine *m, size_t ahead)
{
	return ahead < m->pattern.len - m->at
	       ? m->pattern.data[m->at + ahead] : -1;
}

static void put(uint8_t *set, int c)
{
	set[c / 8] |= (uint8_t)(1 << c % 8);
}

/* class puts the letters of [:name:] into a set; true: it stands here. */
static bool named(struct machine *m, uint8_t *set)
{
	static const struct { const char *name, *ranges; } names[] = {
		{ "[:digit:]", "09" }, { "[:alpha:]", "azAZ" },
		{ "[:alnum:]", "azAZ09" }, { "[:upper:]", "AZ" },
		{ "[:lower:]", "az" }, { "[:xdigit:]", "09afAF" },
	};

	if (peek(m, 0) != '[')
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct kf_bytes name = kf_text(names[i].name);

		if (!kf_equal(kf_part_of(m->pattern, m->at, name.len), name))
			continue;
		m->at += name.len;
		for (const char *r = names[i].ranges; *r; r += 2)
			for (int c = r[0]; c <= r[1]; c++)
				put(set, c);
		return true;
	}
	if (peek(m, 1) == ':' || peek(m, 1) == '.' || peek(m, 1) == '=')
		m->beyond = true;
	return false;
}

/* range puts one letter, or those from one to another, into a set. */
static void range(struct machine *m, uint8_t *letters)
{
	int from = peek(m, 0), to = from;

	if (peek(m, 1) == '-' && peek(m, 2) != ']') {
		to = peek(m, 2);
		m->at += 2;
	}
	m->at++;
	m->beyond |= to < from || to == '[';
	for (int c = from; c <= to; c++)
		put(letters, c);
}

/* set reads what stands in brackets. */
static void set(struct machine *m)
{
	uint8_t letters[SET_LEN] = { 0 };
	bool negated = peek(m, 1) == '^', first = true;

	m->at += negated ? 2 : 1;
	for (; peek(m, 0) != ']' || first; first = false) {
		m->wrong |= peek(m, 0) < 0;
		if (m->wrong || m->beyond)
			return;
		if (!named(m, letters))
			range(m, letters);
	}
	m->at++;
	for (size_t i = 0; negated && i < SET_LEN; i++)
		letters[i] = (uint8_t)~letters[i];
	simple(m, SET, letters);
}

static void letter(struct machine *m, int c)
{
	uint8_t letters[SET_LEN] = { 0 };

	put(letters, c);
	simple(m, SET, letters);
}

static void any(struct machine *m)
{
	uint8_t letters[SET_LEN];

	memset(letters, 0xff, sizeof(letters));
	simple(m, SET, letters);
}

/* is_among tells whether a letter is one of a text. */
static bool is_among(int c, const char *text)
{
	while (*text && *text != c)
		text++;
	return c > 0 && *text;
}

/* escaped is a letter behind a backslash: one that would mean something, taken
 * as it is. */
static void escaped(struct machine *m)
{
	int c = peek(m, 1);

	m->at += 2;
	if (is_among(c, "^.[]$()|*+?{}\\-/:#,"))
		letter(m, c);
	else
		m->beyond = true;
}

/* atom reads one thing that may be repeated. */
static void atom(struct machine *m)
{
	int c = peek(m, 0);

	if (c == '[') {
		set(m);
		return;
	}
	if (c == '\\') {
		escaped(m);
		return;
	}
	m->at++;
	m->beyond |= is_among(c, "*+?{}");
	if (c == '^')
		simple(m, START, NULL);
	else if (c == '$')
		simple(m, END, NULL);
	else if (c == '.')
		any(m);
	else
		letter(m, c);
}

/* close ends a group, when one is open. */
static void close_group(struct machine *m)
{
	settle(m, ".|");
	if (m->num_ops == 0)
		m->beyond = true;
	else
		m->num_ops--;
	m->at++;
}

/* repeats reads what says how often. An anchor does not come again. */
static void repeats(struct machine *m)
{
	int c = peek(m, 0);

	for (; c == '*' || c == '+' || c == '?'; c = peek(m, 0)) {
		struct part a = pop(m);
		bool anchor = a.first == a.last &&
			      (m->state[a.first].kind == START ||
			       m->state[a.first].kind == END);

		m->beyond |= anchor;
		push(m, a);
		if (m->beyond)
			return;
		repeat(m, (char)c);
		m->at++;
	}
	m->beyond |= c == '{';
}

/* build makes the machine. `value`: a part has just ended, so that what comes
 * is run behind it. */
static void build(struct machine *m)
{
	bool value = false;

	while (m->at < m->pattern.len && !m->beyond && !m->wrong) {
		int c = peek(m, 0);

		if (c == '|') {
			m->beyond |= !value;
			settle(m, "..");
			operator(m, '|');
			m->at++;
			value = false;
			continue;
		}
		if (c == ')') {
			m->beyond |= !value;
			close_group(m);
			repeats(m);
			continue;
		}
		if (value)
			operator(m, '.');
		value = c != '(';
		if (value) {
			atom(m);
			repeats(m);
		} else {
			operator(m, '(');
			m->at++;
		}
	}
	m->beyond |= !value;
	settle(m, ".|");
	m->beyond |= m->num_ops || m->num_parts != 1;
}

/* stops tells whether a state waits: for a letter, or for another place. */
static bool stops(const struct state *s, size_t at, size_t len)
{
	return s->kind == SET || s->kind == FOUND ||
	       (s->kind == START && at != 0) || (s->kind == END && at != len);
}

/* follow marks the states that are reached without a letter. */
static void follow(const struct machine *m, bool *on, int from, size_t at,
		   size_t len)
{
	int todo[STATES_MAX * 2], num = 0;

	todo[num++] = from;
	while (num) {
		int i = todo[--num];
		const struct state *s;

		if (i == NOWHERE || on[i])
			continue;
		on[i] = true;
		s = &m->state[i];
		if (stops(s, at, len))
			continue;
		todo[num++] = s->next;
		if (s->kind == SPLIT)
			todo[num++] = s->other;
	}
}

static bool run(const struct machine *m, int first, int found,
		struct kf_bytes text)
{
	bool on[STATES_MAX] = { false }, then[STATES_MAX];

	for (size_t at = 0; at <= text.len; at++) {
		follow(m, on, first, at, text.len);
		if (on[found])
			return true;
		if (at == text.len)
			break;
		memset(then, 0, sizeof(then));
		for (int i = 0; i < m->num; i++) {
			const struct state *s = &m->state[i];
			uint8_t c = text.data[at];

			if (on[i] && s->kind == SET &&
			    s->set[c / 8] & 1 << c % 8)
				follow(m, then, s->next, at + 1, text.len);
		}
		memcpy(on, then, sizeof(on));
	}
	return false;
}

enum swupdate_match swupdate_pattern(struct kf_bytes pattern,
				     struct kf_bytes text, struct kf_env *env)
{
	struct kf_arena lent = *env->arena;
	struct machine *m = kf_arena_take(&lent, sizeof(*m));
	int found;

	if (pattern.len == 0)
		return SWUPDATE_MATCH;
	if (!m)
		return SWUPDATE_MATCH_BEYOND;
	m->state = kf_arena_take(&lent, STATES_MAX * sizeof(*m->state));
	if (!m->state || !kf_spend(env, (text.len + 1) * STATES_MAX))
		return SWUPDATE_MATCH_BEYOND;
	m->pattern = pattern;
	build(m);
	found = new_state(m, FOUND, NOWHERE, NOWHERE);
	if (m->wrong)
		return SWUPDATE_NO_MATCH;
	if (m->beyond)
		return SWUPDATE_MATCH_BEYOND;
	m->state[m->part[0].last].next = found;
	return run(m, m->part[0].first, found, text) ? SWUPDATE_MATCH
						     : SWUPDATE_NO_MATCH;
}
