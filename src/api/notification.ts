import { z } from 'zod';
import { ObjectName } from './meta.ts';
import { matching, rules } from './rules.ts';

/** How much a message matters, from least to most. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export const Severity = z.enum(SEVERITIES);
export type Severity = z.infer<typeof Severity>;

/** Name of the Secret that the controller may read in every namespace, and of the ConfigMap with the default. */
export const NOTIFICATIONS = 'sluice-notifications';

/** One value of a Secret in the namespace of the Rollout. It is read for each message. */
export const SecretKey = z.object({
  name: ObjectName.default(NOTIFICATIONS).describe(
    'Name of the Secret. Any other than sluice-notifications needs a Role that lets the controller read it.',
  ),
  key: matching(
    /^[-._a-zA-Z0-9]+$/,
    253,
    'must be the key of a Secret: write letters, digits, "-", "_" and "."',
  ).describe('Key within the Secret.'),
});
export type SecretKey = z.infer<typeof SecretKey>;

const HTTP_URL = 'must be a URL: write it like https://example.com/hook, without a user or password in it';
export const HttpUrl = matching(/^https?:\/\/[^\s@]+$/, 1_024, HTTP_URL);

/** A page that messages point to. */
export const Link = z.object({
  name: z.string().min(1).max(60).describe('Text of the link.'),
  url: HttpUrl.describe(
    'Where it leads. {namespace}, {workload}, {release}, {revision} and {trace} are filled in.',
  ),
});
export type Link = z.infer<typeof Link>;

const SlackChannel = matching(
  /^(#[^\s#]{1,80}|[CGD][A-Z0-9]{5,})$/,
  81,
  'must be a channel: write it like #ml-releases, or its ID like C0123456789',
);

/** A channel in which each release has a thread. */
export const SlackReceiver = z.object({
  channel: SlackChannel.describe('Channel, as #name or ID. The app must be a member of it.'),
  token: SecretKey.optional().describe(
    "Bot token of another Slack app. Default: that of the controller's own app.",
  ),
});
export type SlackReceiver = z.infer<typeof SlackReceiver>;

/** Any HTTP endpoint: CloudEvents 1.0 in JSON. */
export const WebhookReceiver = z.object({
  url: HttpUrl.describe('Where each message is sent by POST. Redirects are not followed.'),
  secret: SecretKey.describe('Key that each request is signed with (HMAC-SHA256).'),
});
export type WebhookReceiver = z.infer<typeof WebhookReceiver>;

/** A workflow of Microsoft Teams that posts an Adaptive Card. */
const TeamsReceiver = z.object({
  url: SecretKey.describe('URL of the workflow. It is a secret, since who knows it can post.'),
});

const Address = matching(
  /^[^\s@<>,;"]+@[^\s@<>,;"]+$/,
  254,
  'must be an e-mail address: write it like ml-team@example.com',
);

/** E-mail by SMTP. */
const EmailReceiver = z.object({
  to: z.array(Address).min(1).max(20).meta({ 'x-kubernetes-list-type': 'set' }).describe('Who gets it.'),
  from: Address.describe('Who it is from.'),
  host: matching(/^[-.a-zA-Z0-9:]+$/, 253, 'must be a host name: write it like smtp.example.com').describe(
    'SMTP server.',
  ),
  port: z.int().min(1).max(65_535).default(587).describe('Port of the server.'),
  tls: z
    .enum(['starttls', 'implicit', 'none'])
    .default('starttls')
    .describe(
      'starttls: the connection must become encrypted; implicit: it is from the start (port 465); none: it is not, and no password is sent.',
    ),
  username: z.string().min(1).max(254).optional().describe('User at the server, where it asks for one.'),
  password: SecretKey.optional().describe('Password of that user.'),
});

const ONE_RECEIVER = 'must have exactly one receiver: write slack, webhook, teams or email';

/** One receiver of messages about releases. */
export const NotificationTarget = z
  .object({
    name: matching(
      /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
      63,
      'must be a name: write lower-case letters, digits and "-"',
    ).describe('Name, by which status.deliveries tells how it went.'),
    severity: Severity.default('info').describe(
      'Least severity that is sent: info is every move, warning what needs a person, critical roll-backs.',
    ),
    slack: SlackReceiver.optional().describe('A channel of Slack.'),
    webhook: WebhookReceiver.optional().describe('A URL that takes CloudEvents.'),
    teams: TeamsReceiver.optional().describe('A workflow of Microsoft Teams.'),
    email: EmailReceiver.optional().describe('E-mail addresses.'),
  })
  .refine(
    ({ slack, webhook, teams, email }) =>
      [slack, webhook, teams, email].filter((one) => one !== undefined).length === 1,
    ONE_RECEIVER,
  )
  .meta(
    rules({
      rule: '[has(self.slack), has(self.webhook), has(self.teams), has(self.email)].exists_one(given, given)',
      message: ONE_RECEIVER,
    }),
  );
export type NotificationTarget = z.infer<typeof NotificationTarget>;
