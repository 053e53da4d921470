import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsString, Length, ValidateNested } from 'class-validator';
import type { Conversation, Message } from '../../shared/chat.js';

/** Bounds what a message can cost: the longest conversation is some 200 000 tokens. */
const MAX_MESSAGES = 100;
const MAX_LENGTH = 8_000;

class ChatMessage implements Message {
  @IsIn(['user', 'assistant'])
  readonly role!: Message['role'];

  @IsString()
  @Length(1, MAX_LENGTH)
  readonly content!: string;
}

export class ChatRequest implements Conversation {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_MESSAGES)
  @ValidateNested({ each: true })
  @Type(() => ChatMessage)
  readonly messages!: ChatMessage[];
}
