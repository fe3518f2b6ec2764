# SPDX-License-Identifier: Apache-2.0
"""The keywords of JSON Schema that our OpenRPC document uses, and no others: an unknown one is an error."""
import re

NOTES = {'description', 'default', 'examples', 'x-clamped-minimum', 'x-clamped-maximum'}
TYPES = {
    'object': lambda v: isinstance(v, dict),
    'array': lambda v: isinstance(v, list),
    'string': lambda v: isinstance(v, str),
    'boolean': lambda v: isinstance(v, bool),
    'integer': lambda v: isinstance(v, int) and not isinstance(v, bool),
    'number': lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
}


class Validator:
    """Schemas of one document, for requests of one API version. `closed(schema, key)`: may an object have no member
    that its schema does not name?"""

    def __init__(self, document, version, closed=lambda schema, key: False):
        self.document = document
        self.version = version
        self.closed = closed

    def resolve(self, ref):
        node = self.document
        assert ref.startswith('#/'), ref
        for part in ref[2:].split('/'):
            node = node[part]
        return node

    def applies(self, schema):
        span = schema.get('x-api-versions', {})
        return span.get('since', 0) <= self.version <= span.get('until', self.version)

    def problem(self, schema, value):
        """What is wrong with the value, as text; None when nothing is."""
        for keyword, rule in schema.items():
            if keyword in NOTES or keyword == 'x-api-versions':
                continue
            check = getattr(self, 'check_' + keyword.replace('$', ''), None)
            assert check, 'unknown keyword ' + keyword
            problem = check(rule, value)
            if problem:
                return problem
        return self.unknown_member(schema, value)

    def unknown_member(self, schema, value):
        if 'properties' not in schema or not isinstance(value, dict):
            return None
        for key in value:
            rule = schema['properties'].get(key)
            if rule is None and 'additionalProperties' not in schema and self.closed(schema, key):
                return key + ' is not described'
            if rule is not None and not self.applies(rule):
                return key + ' is of another version'
        return None

    def check_items(self, rule, value):
        return next(filter(None, (self.problem(rule, v) for v in value)), None) if isinstance(value, list) else None

    def check_additionalProperties(self, rule, value):
        if not isinstance(value, dict):
            return None
        return next(filter(None, (self.problem(rule, v) for v in value.values())), None)

    def check_ref(self, rule, value):
        return self.problem(self.resolve(rule), value)

    def check_type(self, rule, value):
        return None if TYPES[rule](value) else 'is no ' + rule

    def check_const(self, rule, value):
        return None if value == rule and type(value) is type(rule) else 'is not ' + repr(rule)

    def check_enum(self, rule, value):
        return None if value in rule else 'is none of ' + ', '.join(rule)

    def check_minimum(self, rule, value):
        return 'is below %s' % rule if TYPES['integer'](value) and value < rule else None

    def check_maximum(self, rule, value):
        return 'is above %s' % rule if TYPES['integer'](value) and value > rule else None

    def check_pattern(self, rule, value):
        if not isinstance(value, str) or re.search(rule.replace('$', r'\Z'), value):
            return None
        return 'does not match ' + rule

    def check_required(self, rule, value):
        missing = [k for k in rule if isinstance(value, dict) and k not in value]
        return 'lacks ' + missing[0] if missing else None

    def check_properties(self, rule, value):
        for key, schema in rule.items():
            if isinstance(value, dict) and key in value:
                problem = self.problem(schema, value[key])
                if problem:
                    return key + ' ' + problem
        return None

    def check_anyOf(self, rule, value):
        problems = [self.problem(s, value) for s in rule if self.applies(s)]
        if None in problems:
            return None
        told = [p for p in problems if not p.startswith('LedgerEntryType is not')]  # of the entry's own type
        return ' and '.join(told or problems[:3]) or 'fits no version'

    def check_allOf(self, rule, value):
        return next(filter(None, (self.problem(s, value) for s in rule)), None)

    def request_problem(self, method, params):
        for descriptor in method['params']:
            if '$ref' in descriptor:
                descriptor = self.resolve(descriptor['$ref'])
            name, schema = descriptor['name'], descriptor['schema']
            if not self.applies(schema):
                continue
            if name not in params:
                if descriptor.get('required'):
                    return name + ' is missing'
                continue
            problem = self.problem(schema, params[name])
            if problem:
                return name + ' ' + problem
        return None
